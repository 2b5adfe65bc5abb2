package codec_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/platform/codec"
)

// descriptor messages serve as samples because they nest deeply.
func TestDecode(t *testing.T) {
	t.Parallel()
	nestedUnknown := protowire.AppendTag(nil, 4, protowire.BytesType) // FileDescriptorProto.message_type
	nestedUnknown = protowire.AppendBytes(nestedUnknown, protowire.AppendVarint(protowire.AppendTag(nil, 777, protowire.VarintType), 1))
	invalidUTF8 := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), []byte{0xff})
	for _, test := range []struct {
		name, codec, input, unknown string
		into                        proto.Message
		malformed                   bool
	}{
		{name: "good binary", codec: "proto", input: "\x0a\x02hi", into: &unaryv1.GetServerResponseRequest{}},
		{name: "empty binary", codec: "proto", into: &unaryv1.GetServerResponseRequest{}},
		{name: "unknown binary", codec: "proto", input: "\x78\x01", into: &unaryv1.GetServerResponseRequest{}, unknown: "15"},
		{name: "nested unknown binary", codec: "proto", input: string(nestedUnknown), into: &descriptorpb.FileDescriptorProto{}, unknown: "message_type[0].777"},
		{name: "truncated binary", codec: "proto", input: "\x0a\x05hi", into: &unaryv1.GetServerResponseRequest{}, malformed: true},
		{name: "invalid UTF-8 binary", codec: "proto", input: string(invalidUTF8), into: &unaryv1.GetServerResponseRequest{}, malformed: true},
		{name: "wrong type binary", codec: "proto", input: "\x08\x01", into: &unaryv1.GetServerResponseRequest{}, malformed: true},
		{name: "good JSON", codec: "json", input: `{"message":"hi"}`, into: &unaryv1.GetServerResponseRequest{}},
		{name: "unknown JSON", codec: "json", input: `{"message":"hi","mesage":"x"}`, into: &unaryv1.GetServerResponseRequest{}, unknown: "mesage"},
		{name: "nested unknown JSON", codec: "json", input: `{"messageType":[{},{"field":[{"nme":"x"}]}]}`, into: &descriptorpb.FileDescriptorProto{}, unknown: "message_type[1].field[0].nme"},
		{name: "wrong type JSON", codec: "json", input: `{"message":1}`, into: &unaryv1.GetServerResponseRequest{}, malformed: true},
		{name: "duplicate key JSON", codec: "json", input: `{"message":"a","message":"b"}`, into: &unaryv1.GetServerResponseRequest{}, malformed: true},
		{name: "cut JSON", codec: "json", input: `{"message":`, into: &unaryv1.GetServerResponseRequest{}, malformed: true},
		{name: "no JSON", codec: "json", into: &unaryv1.GetServerResponseRequest{}, malformed: true},
		{name: "invalid UTF-8 JSON", codec: "json", input: "{\"message\":\"\xff\"}", into: &unaryv1.GetServerResponseRequest{}, malformed: true},
		{name: "NaN JSON", codec: "json", input: `{"message":NaN}`, into: &unaryv1.GetServerResponseRequest{}, malformed: true},
		{name: "deep JSON", codec: "json", input: strings.Repeat(`{"nestedType":[`, 100) + strings.Repeat("]}", 100), into: &descriptorpb.DescriptorProto{}, malformed: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := named(t, test.codec).UnmarshalRead(t.Context(), bytes.NewBufferString(test.input), test.into)
			var (
				unknown   *codec.UnknownFieldError
				malformed *codec.MalformedError
			)
			if got := errors.As(err, &unknown); got != (test.unknown != "") || got && unknown.Path != test.unknown {
				t.Errorf("got %v, want unknown field %q", err, test.unknown)
			}
			if got := errors.As(err, &malformed); got != test.malformed {
				t.Errorf("got %v, want malformed %t", err, test.malformed)
			}
		})
	}
}

// A service's decoder is asked first, and only about binary requests. What it
// declines is decoded as ever, whatever it left behind.
func TestDecoder(t *testing.T) {
	t.Parallel()
	asked := 0
	decoder := func(data []byte, message proto.Message) bool {
		request, ok := message.(*unaryv1.GetServerResponseRequest)
		if !ok {
			return false
		}
		asked++
		request.Message = "mine"
		return string(data) == "take"
	}
	codecs := codec.Server(func([]byte, proto.Message) bool { return false }, decoder)
	for _, test := range []struct {
		codec        int
		input, want  string
		asked, fails bool
	}{
		{input: "take", want: "mine", asked: true},
		{input: "\x0a\x02hi", want: "hi", asked: true},
		{input: "", want: "", asked: true},
		{input: "\x78\x01", fails: true, asked: true},
		{codec: 1, input: `{"message":"hi"}`, want: "hi"},
	} {
		asked = 0
		request := &unaryv1.GetServerResponseRequest{}
		err := codecs[test.codec].UnmarshalRead(t.Context(), bytes.NewBufferString(test.input), request)
		if (err != nil) != test.fails || !test.fails && request.GetMessage() != test.want || (asked == 1) != test.asked {
			t.Errorf("%q: got %q, %v, asked %d times", test.input, request.GetMessage(), err, asked)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"message":"hi","x":{"y":[1]}}`))
	f.Add([]byte("\x0a\x02hi\x78\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, decoder := range codec.Server() {
			message := &descriptorpb.FileDescriptorProto{}
			if decoder.UnmarshalRead(t.Context(), bytes.NewBuffer(bytes.Clone(data)), message) != nil {
				continue
			}
			// What was accepted holds nothing this schema does not know.
			var encoded bytes.Buffer
			if err := decoder.MarshalWrite(t.Context(), &encoded, message); err != nil {
				t.Fatalf("accepted, but cannot be encoded: %v", err)
			}
			if err := decoder.UnmarshalRead(t.Context(), &encoded, &descriptorpb.FileDescriptorProto{}); err != nil {
				t.Fatalf("accepted, but its own encoding is refused: %v", err)
			}
		}
	})
}

func BenchmarkDecodeBinary(b *testing.B) {
	data, err := proto.Marshal(&unaryv1.GetServerResponseRequest{Message: strings.Repeat("x", 64)})
	if err != nil {
		b.Fatal(err)
	}
	decoder := named(b, "proto")
	for b.Loop() {
		if err := decoder.UnmarshalRead(b.Context(), bytes.NewBuffer(data), &unaryv1.GetServerResponseRequest{}); err != nil {
			b.Fatal(err)
		}
	}
}

func named(tb testing.TB, name string) connect.Codec {
	tb.Helper()
	for _, candidate := range codec.Server() {
		if candidate.Name() == name {
			return candidate
		}
	}
	tb.Fatalf("no codec %q", name)
	return nil
}
