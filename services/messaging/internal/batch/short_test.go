package batch_test

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/batch"
)

// TestDecodeShortens holds that of a request with messages far beyond a batch no
// more are decoded than are needed to refuse it, wherever they stand, and that
// everything else of it is.
func TestDecodeShortens(t *testing.T) {
	t.Parallel()
	const longest = 1001 // one more than a batch may have
	field := func(number protowire.Number, parts ...[]byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), bytes.Join(parts, nil))
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	many := bytes.Repeat(field(2), 100_000)
	topic := field(1, []byte("orders"))
	mixed := bytes.Repeat(join(field(2), topic), 20_000)
	longTags := bytes.Repeat([]byte{0x92, 0x00, 0x00}, 50_000)
	unknown := field(99, []byte("x"))
	broken := []byte{0x12, 0x7f}
	for name, test := range map[string]struct {
		encoded   []byte
		into      proto.Message
		malformed bool
	}{
		"in one run":              {join(many, topic), &messagingv1.PublishRequest{}, false},
		"of a stream":             {join(topic, many), &messagingv1.PublishStreamRequest{}, false},
		"between topics":          {mixed, &messagingv1.PublishRequest{}, false},
		"with long tags":          {join(topic, longTags), &messagingv1.PublishRequest{}, false},
		"before an unknown field": {join(topic, many, unknown), &messagingv1.PublishRequest{}, false},
		"before no encoding":      {join(topic, many, broken), &messagingv1.PublishRequest{}, true},
		"in a command":            {field(1, field(2, topic, many)), &messagingv1.ExchangeRequest{}, false},
		"in two requests":         {field(1, field(2, topic, many), field(2, many)), &messagingv1.ExchangeRequest{}, false},
		"in two commands":         {join(field(1, field(2, many)), field(1, field(2, topic, many))), &messagingv1.ExchangeRequest{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := bytes.Clone(test.encoded)
			short, done := batch.Decode(test.encoded, test.into)
			if done {
				t.Fatal("taken")
			}
			if !bytes.Equal(given, test.encoded) {
				t.Error("the caller's data is changed")
			}
			if err := proto.Unmarshal(short, test.into); (err != nil) != test.malformed {
				t.Fatalf("decoding what is left: %v", err)
			}
			whole := test.into.ProtoReflect().New().Interface()
			if err := proto.Unmarshal(test.encoded, whole); (err != nil) != test.malformed {
				t.Fatalf("decoding the whole: %v", err)
			}
			if test.malformed {
				return
			}
			if got := len(batchOf(test.into).GetMessages()); got != longest {
				t.Errorf("%d messages are left, want %d", got, longest)
			}
			truncate(whole, longest)
			if !proto.Equal(test.into, whole) {
				t.Error("something besides messages is missing or changed")
			}
			if valid(test.into) {
				t.Error("what is left is valid")
			}
		})
	}
}

func truncate(message proto.Message, count int) {
	switch r := batchOf(message).(type) {
	case *messagingv1.PublishRequest:
		r.Messages = r.GetMessages()[:count]
	case *messagingv1.PublishStreamRequest:
		r.Messages = r.GetMessages()[:count]
	}
}

// TestDecodeLeavesLargeRequests holds that a batch of the largest number is decoded
// whole although it is not in plain form.
func TestDecodeLeavesLargeRequests(t *testing.T) {
	t.Parallel()
	r := &messagingv1.PublishRequest{Topic: "orders"}
	for range 1000 {
		r.Messages = append(r.Messages, &messagingv1.Message{Sequence: 1, Payload: &messagingv1.Message_Data{Data: make([]byte, 100)}})
	}
	encoded, err := proto.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if rest, done := batch.Decode(encoded, &messagingv1.PublishRequest{}); done || !bytes.Equal(rest, encoded) {
		t.Errorf("taken: %v; %d bytes are left of %d", done, len(rest), len(encoded))
	}
}
