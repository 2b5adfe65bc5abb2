package excess_test

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/codec/internal/excess"
)

// field encodes a field of bytes.
func field(number protowire.Number, parts ...[]byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), bytes.Join(parts, nil))
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestLeavesWhatIsNeededInBinary(t *testing.T) {
	t.Parallel()
	var (
		many     = bytes.Repeat(field(2), 20_000)
		keys     = bytes.Repeat(field(3), 20_000)
		topic    = field(1, []byte("orders"))
		mixed    = bytes.Repeat(join(field(2), topic), 20_000)
		longTags = bytes.Repeat([]byte{0x92, 0x00, 0x00}, 20_000)
		one      = field(2, field(6, []byte("text")))
	)
	for name, test := range map[string]struct {
		encoded        []byte
		into           proto.Message
		messages, keys int
	}{
		"in one run":              {join(many, topic), &messagingv1.PublishRequest{}, batch, 0},
		"of a stream":             {join(topic, many), &messagingv1.PublishStreamRequest{}, batch, 0},
		"between topics":          {mixed, &messagingv1.PublishRequest{}, batch, 0},
		"with long tags":          {join(topic, longTags), &messagingv1.PublishRequest{}, batch, 0},
		"before an unknown field": {join(topic, many, field(99)), &messagingv1.PublishRequest{}, batch, 0},
		"in a command":            {field(1, field(2, topic, many)), &messagingv1.ExchangeRequest{}, batch, 0},
		"in two requests":         {field(1, field(2, topic, many), field(2, many)), &messagingv1.ExchangeRequest{}, batch, 0},
		"in two commands":         {join(field(1, field(2, many)), field(1, field(2, topic, many))), &messagingv1.ExchangeRequest{}, batch, 0},
		"keys":                    {join(topic, keys), &messagingv1.ReadMessagesRequest{}, 0, allKeys},
		"keys in a command":       {field(2, field(2, topic, keys)), &messagingv1.ExchangeRequest{}, 0, allKeys},
		"of a command replaced": {
			join(field(1, field(2, topic, many)), field(3), field(1, field(2, topic, one))), &messagingv1.ExchangeRequest{}, 1, 0,
		},
		"of a command replaced by the other": {
			join(field(1, field(2, topic, many)), field(2, field(2, topic, keys))), &messagingv1.ExchangeRequest{}, 0, allKeys,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cut := inBinary.check(t, test.encoded, test.into)
			if cut == nil {
				t.Fatal("does not decode")
			}
			if messages, keys := lists(cut); len(messages) != test.messages || len(keys) != test.keys {
				t.Errorf("%d messages and %d keys are left, want %d and %d", len(messages), len(keys), test.messages, test.keys)
			}
		})
	}
}

func TestKeepsWhatIsNoEncoding(t *testing.T) {
	t.Parallel()
	encoded := join(bytes.Repeat(field(2), 20_000), []byte{0x12, 0x7f})
	rest, err := excess.New(depth).Binary(encoded, (&messagingv1.PublishRequest{}).ProtoReflect().Descriptor())
	if err != nil || len(rest) > 3000 || proto.Unmarshal(rest, &messagingv1.PublishRequest{}) == nil {
		t.Errorf("%d bytes are left, %v", len(rest), err)
	}
}

func TestOneofs(t *testing.T) {
	t.Parallel()
	read := (&messagingv1.ReadMessagesRequest{}).ProtoReflect().Descriptor()
	turn := join(field(4), field(5)) // after a cursor, at a time
	for turns, refused := range map[int]bool{500: false, 501: true, 20_000: true} {
		for name, encoded := range map[string][]byte{
			"in one start": field(2, bytes.Repeat(turn, turns)),
			"in many":      bytes.Repeat(field(2, turn), turns),
		} {
			encoded = join(encoded, field(1, make([]byte, 4<<10)))
			if _, err := excess.New(depth).Binary(encoded, read); (err != nil) != refused {
				t.Errorf("%d turns %s: %v", turns, name, err)
			}
		}
	}
}

func FuzzBinary(f *testing.F) {
	f.Add(join(field(1, []byte("x")), field(2), field(2, field(6))))
	f.Add(join(field(1, field(2, field(2))), field(3), field(1, field(2, field(2)))))
	f.Add(join(field(2, field(2, field(3))), field(1)))
	f.Fuzz(func(t *testing.T, encoded []byte) {
		for _, grown := range [][]byte{
			append(bytes.Clone(encoded), field(1, bytes.Repeat([]byte("x"), 4<<10))...),
			bytes.Replace(encoded, field(2), bytes.Repeat(field(2), 2100), 1),
			bytes.Replace(encoded, field(3), bytes.Repeat(field(3), 2100), 1),
		} {
			for _, request := range requests() {
				inBinary.check(t, grown, request)
			}
		}
	})
}
