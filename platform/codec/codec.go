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

	"github.com/parleyhq/parley/platform/codec/internal/excess"
)

// maxDepth bounds the nesting of a decoded message. Parley's own schema nests
// four deep; the libraries' default of 10,000 only serves attackers.
const maxDepth = 64

// Decoder decodes binary requests that a service reads at less cost than the
// library does. It reports whether it did; what it takes is not searched for unknown
// fields. Otherwise the library decodes the request over what it left in the message.
// It must return false for every message it does not know, must be safe for concurrent
// use, and must not keep data.
type Decoder func(data []byte, message proto.Message) bool

// Server returns the codecs of a Parley server: binary Protobuf and Protobuf
// JSON, both refusing unknown fields with an [UnknownFieldError] and everything
// else that cannot be decoded with a [MalformedError]. The decoders are asked
// first, one after the other. Of a list with more elements than its rules allow, no
// more are decoded than are needed to refuse it, and a field mask with more than
// 4,096 paths is malformed.
func Server(decoders ...Decoder) []connect.Codec {
	limits := excess.New(maxDepth)
	return []connect.Codec{newBinary(decoders, limits), newJSON(limits)}
}

type binary struct {
	*connectproto.BinaryCodec

	decoders []Decoder
	limits   *excess.Limits
	unknown  *unknownFinder
}

func newBinary(decoders []Decoder, limits *excess.Limits) binary {
	codec := connectproto.NewBinaryCodec()
	codec.UnmarshalOptions.RecursionLimit = maxDepth
	return binary{BinaryCodec: codec, decoders: decoders, limits: limits, unknown: &unknownFinder{}}
}

// UnmarshalRead implements [connect.Codec].
func (c binary) UnmarshalRead(_ context.Context, src io.Reader, msg any) error {
	message, ok := msg.(proto.Message)
	if !ok {
		return fmt.Errorf("decode Protobuf: %w: got %T", connectproto.ErrNotProtoMessage, msg)
	}
	data, err := readAll(src)
	if err != nil {
		return err
	}
	for _, decode := range c.decoders {
		if decode(data, message) {
			return nil
		}
	}
	if data, err = c.limits.Binary(data, message.ProtoReflect().Descriptor()); err != nil {
		return malformed(c.Name(), msg, err)
	}
	if err := c.UnmarshalOptions.Unmarshal(data, message); err != nil {
		return malformed(c.Name(), msg, err)
	}
	return c.unknown.check(message.ProtoReflect())
}

type jsonCodec struct {
	*connectproto.JSONCodec

	limits  *excess.Limits
	lenient protojson.UnmarshalOptions
}

func newJSON(limits *excess.Limits) jsonCodec {
	codec := connectproto.NewJSONCodec()
	codec.UnmarshalOptions.DiscardUnknown = false
	codec.UnmarshalOptions.RecursionLimit = maxDepth
	lenient := codec.UnmarshalOptions
	lenient.DiscardUnknown = true
	return jsonCodec{JSONCodec: codec, limits: limits, lenient: lenient}
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
	if data, err = c.limits.JSON(data, message.ProtoReflect().Descriptor()); err != nil {
		return malformed(c.Name(), msg, err)
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
