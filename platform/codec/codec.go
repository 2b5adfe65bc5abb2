package codec

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// maxDepth bounds the nesting of a decoded message. Parley's own schema nests
// four deep; the libraries' default of 10,000 only serves attackers.
const maxDepth = 64

// Decoder decodes binary requests that a service reads at less cost than the
// library does. It reports whether it did; what it takes is not searched for unknown
// fields. Otherwise it returns what the library shall decode over what it left in the
// message: the data, or less of a request that is refused anyway. It must return data
// and false for every message it does not know, must be safe for concurrent use, and
// must not keep data.
type Decoder func(data []byte, message proto.Message) (rest []byte, done bool)

// Server returns the codecs of a Parley server: binary Protobuf and Protobuf
// JSON, both refusing unknown fields with an [UnknownFieldError] and everything
// else that cannot be decoded with a [MalformedError]. The decoders are asked
// first, one after the other.
func Server(decoders ...Decoder) []connect.Codec {
	return []connect.Codec{newBinary(decoders), newJSON()}
}

type binary struct {
	*connectproto.BinaryCodec

	decoders []Decoder
	unknown  *unknownFinder
}

func newBinary(decoders []Decoder) binary {
	codec := connectproto.NewBinaryCodec()
	codec.UnmarshalOptions.RecursionLimit = maxDepth
	return binary{BinaryCodec: codec, decoders: decoders, unknown: &unknownFinder{}}
}

// UnmarshalRead implements [connect.Codec].
func (c binary) UnmarshalRead(ctx context.Context, src io.Reader, msg any) error {
	src, done := c.decode(src, msg)
	if done {
		return nil
	}
	if err := c.BinaryCodec.UnmarshalRead(ctx, src, msg); err != nil {
		return malformed(c.Name(), msg, err)
	}
	if message, ok := msg.(proto.Message); ok {
		if err := c.unknown.check(message.ProtoReflect()); err != nil {
			return err
		}
	}
	return nil
}

// decode asks the services' own decoders. Only the buffers are looked at that
// connecthttp hands over.
func (c binary) decode(src io.Reader, msg any) (rest io.Reader, done bool) {
	buffer, ok := src.(*bytes.Buffer)
	message, isProto := msg.(proto.Message)
	if !ok || !isProto {
		return src, false
	}
	for _, decode := range c.decoders {
		switch rest, done := decode(buffer.Bytes(), message); {
		case done:
			return src, true
		case len(rest) < buffer.Len():
			return bytes.NewBuffer(rest), false
		}
	}
	return src, false
}

type jsonCodec struct {
	*connectproto.JSONCodec

	lenient protojson.UnmarshalOptions
}

func newJSON() jsonCodec {
	codec := connectproto.NewJSONCodec()
	codec.UnmarshalOptions.DiscardUnknown = false
	codec.UnmarshalOptions.RecursionLimit = maxDepth
	lenient := codec.UnmarshalOptions
	lenient.DiscardUnknown = true
	return jsonCodec{JSONCodec: codec, lenient: lenient}
}

// UnmarshalRead implements [connect.Codec]. Only a request that failed is read
// twice, to tell an unknown field from a malformed one without parsing the
// decoder's text.
func (c jsonCodec) UnmarshalRead(_ context.Context, src io.Reader, msg any) error {
	message, ok := msg.(proto.Message)
	if !ok {
		return fmt.Errorf("decode JSON: %w: got %T", connectproto.ErrNotProtoMessage, msg)
	}
	data, err := readAll(src)
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return malformed(c.Name(), msg, io.ErrUnexpectedEOF)
	}
	strictErr := c.UnmarshalOptions.Unmarshal(data, message)
	if strictErr == nil {
		return nil
	}
	if c.lenient.Unmarshal(data, message) == nil {
		if err := findUnknownJSON(data, message.ProtoReflect().Descriptor()); err != nil {
			return err
		}
	}
	return malformed(c.Name(), msg, strictErr)
}

// readAll avoids the copy where the transport hands over a buffer, as
// connecthttp does.
func readAll(src io.Reader) ([]byte, error) {
	if buffer, ok := src.(*bytes.Buffer); ok {
		return buffer.Bytes(), nil
	}
	return io.ReadAll(src)
}

func malformed(encoding string, msg any, cause error) error {
	name := fmt.Sprintf("%T", msg)
	if message, ok := msg.(proto.Message); ok {
		name = string(message.ProtoReflect().Descriptor().FullName())
	}
	return &MalformedError{Message: name, Encoding: encoding, Cause: cause}
}
