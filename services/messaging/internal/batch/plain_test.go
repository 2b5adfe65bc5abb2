package batch_test

import (
	"bytes"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/batch"
)

// oddity is an encoding that no library writes, but somebody may send.
type oddity struct {
	name    string
	encoded []byte // of a PublishRequest
	taken   bool
}

// part encodes a field of bytes.
func part(number protowire.Number, value ...byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), value)
}

func oddities() []oddity {
	join := slices.Concat[[]byte]
	var (
		topic = part(1, 'a')
		id    = part(3, 'i')
		key   = part(4, 'k')
		text  = part(6, 't')
		data  = part(7, 0xff)
		last  = []byte{0x18, 5}
		plain = part(2, join(id, key, text)...)
	)
	// of returns a request of one message.
	of := func(fields ...[]byte) []byte { return join(topic, part(2, join(fields...)...)) }
	entry := func(fields ...[]byte) []byte { return part(5, join(fields...)...) }
	name, value := part(1, 'n'), part(2, 'v')
	return []oddity{
		{"plain", join(topic, plain, last), true},
		{"data that is no text", of(data), true},
		{"empty text", of(part(6)), true},
		{"empty data", of(part(7)), true},
		{"attributes", of(entry(name, value), entry(part(1, 'm'), value), text), true},
		{"attribute without value", of(entry(name, part(2)), text), true},
		{"topic last", join(plain, last, topic), true},
		{"topic twice", join(part(1, '-'), topic, plain), true},
		{"long length of the topic", join([]byte{0x0a, 0x81, 0x00, 'a'}, plain), true},

		{"long length of a message", join(topic, []byte{0x12, 0x82, 0x00}, part(6)), true},
		{"long tag of a message", join(topic, []byte{0x92, 0x00, 0x02}, part(6)), false},
		{"long length of a text", of([]byte{0x32, 0x81, 0x00, 't'}), false},
		{"long tag of a text", of([]byte{0xb2, 0x00, 0x01, 't'}), false},
		{"long length in an entry", of(entry(name, []byte{0x12, 0x81, 0x00, 'v'}), text), false},
		{"length beyond the end", join(topic, plain, []byte{0x12, 0x7f, 0x00}), false},
		{"length of 2^63", join(topic, []byte{0x12}, protowire.AppendVarint(nil, 1<<63)), false},
		{"length without end", join(topic, []byte{0x12}, bytes.Repeat([]byte{0xff}, 11)), false},
		{"cut message", join(topic, plain[:len(plain)-1]), false},
		{"cut entry", of(entry(name, []byte{0x12, 0x05, 'v'}), text), false},
		{"cut tag", join(topic, plain, []byte{0x80}), false},

		{"messages apart", join(plain, topic, plain), false},
		{"payload before id", of(text, id), false},
		{"attributes before key", of(entry(name, value), key, text), false},
		{"id twice", of(id, part(3, 'j'), text), false},
		{"text twice", of(text, text), false},
		{"text and data", of(text, data), false},
		{"attribute twice", of(entry(name, value), entry(name, part(2, 'w')), text), false},
		{"value before name", of(entry(value, name), text), false},
		{"attribute of a name only", of(entry(name), text), false},
		{"attribute without a name", of(entry(part(1), value), text), false},
		{"empty attribute", of(entry(), text), false},
		{"empty id", of(part(3), text), false},
		{"empty key", of(part(4), text), false},
		{"empty message", of(), false},

		{"sequence", of([]byte{0x08, 1}, text), false},
		{"publish time", of(part(2), text), false},
		{"unknown field", join(topic, plain, []byte{0x78, 1}), false},
		{"unknown field of a message", of(text, []byte{0x78, 1}), false},
		{"unknown field of an entry", of(entry(name, value, []byte{0x18, 1}), text), false},
		{"group", join(topic, plain, []byte{0x7b, 0x7c}), false},
		{"group in a message", of(text, []byte{0x7b, 0x7c}), false},
		{"deep groups", join(topic, plain, bytes.Repeat([]byte{0x7b}, 20_000)), false},
		{"text as a number", of([]byte{0x30, 1}), false},
		{"topic as a number", join([]byte{0x08, 1}, plain), false},
		{"messages as numbers", join(topic, []byte{0x10, 1}, plain), false},
		{"id that is no UTF-8", of(part(3, 0xff), text), false},
		{"text that is no UTF-8", of(part(6, 0xff)), false},
		{"name that is no UTF-8", of(entry(part(1, 0xff), value), text), false},
		{"value that is no UTF-8", of(entry(name, part(2, 0xff)), text), false},
		{"topic that is no UTF-8", join(part(1, 0xff), plain), false},
		{"same ids", join(topic, plain, plain), false},
		{"a million messages", join(topic, bytes.Repeat(part(2, text...), 1_000_000)), false},
		{"a million ids", join(topic, bytes.Repeat(plain, 1_000_000)), false},
		{"many empty messages", join(topic, bytes.Repeat(part(2), 1_000_000)), false},
		{"much before the messages", join(bytes.Repeat(topic, 1000), plain), false},
		{"much after the messages", join(plain, bytes.Repeat(topic, 1000)), false},
		{"no message", topic, false},
		{"nothing", nil, false},
	}
}

func TestOddities(t *testing.T) {
	t.Parallel()
	for _, odd := range oddities() {
		t.Run(odd.name, func(t *testing.T) {
			t.Parallel()
			if got := batch.Decode(odd.encoded, &messagingv1.PublishRequest{}); got != odd.taken {
				t.Errorf("taken: %v, want %v", got, odd.taken)
			}
		})
	}
}

// TestOddCommands are those around a good request.
func TestOddCommands(t *testing.T) {
	t.Parallel()
	join := slices.Concat[[]byte]
	request := part(2, join(part(1, 'a'), part(2, part(6, 't')...))...)
	correlation := []byte{0x08, 1}
	for name, test := range map[string]struct {
		encoded []byte
		taken   bool
	}{
		"plain":                  {part(1, join(correlation, request)...), true},
		"request first":          {part(1, join(request, correlation)...), true},
		"no correlation id":      {part(1, request...), false},
		"two commands":           {join(part(1, join(correlation, request)...), part(1, correlation...)), false},
		"two requests":           {part(1, join(correlation, request, request)...), false},
		"requests apart":         {part(1, join(request, correlation, request)...), false},
		"no request":             {part(1, correlation...), false},
		"unknown field":          {part(1, join(correlation, request, []byte{0x78, 1})...), false},
		"unknown field after it": {join(part(1, join(correlation, request)...), []byte{0x78, 1}), false},
		"subscription":           {part(2, correlation...), false},
		"keep-alive":             {nil, false},
	} {
		if got := batch.Decode(test.encoded, &messagingv1.ExchangeRequest{}); got != test.taken {
			t.Errorf("%s: taken: %v, want %v", name, got, test.taken)
		}
	}
}
