package scan

import (
	"google.golang.org/grpc"
	grpcencoding "google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the contract.
const (
	responseMessages = protowire.Number(2)
	messageSequence  = protowire.Number(1)
	messageText      = protowire.Number(6)
	messageData      = protowire.Number(7)
)

// Messages is what to receive responses into: it is called for each message. The
// payload is valid until it returns.
type Messages func(sequence uint64, payload []byte) error

// Option makes the receiving of one call know *[Messages].
func Option() grpc.CallOption {
	return grpc.ForceCodecV2(codec{grpcencoding.GetCodecV2(proto.Name)})
}

// codec is the one for Protobuf that knows Messages too.
type codec struct{ grpcencoding.CodecV2 }

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	into, ok := v.(*Messages)
	if !ok {
		return c.CodecV2.Unmarshal(data, v)
	}
	buffer := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer buffer.Free()
	return fields(buffer.ReadOnlyData(), func(number protowire.Number, value []byte, _ uint64) error {
		if number != responseMessages {
			return nil
		}
		return into.read(value)
	})
}

func (m *Messages) read(message []byte) error {
	var sequence uint64
	var payload []byte
	err := fields(message, func(number protowire.Number, value []byte, varint uint64) error {
		switch number {
		case messageSequence:
			sequence = varint
		case messageText, messageData:
			payload = value
		}
		return nil
	})
	if err != nil {
		return err
	}
	return (*m)(sequence, payload)
}

// fields calls each with the number and the value of every field.
func fields(message []byte, each func(number protowire.Number, value []byte, varint uint64) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		var value []byte
		var varint uint64
		switch kind {
		case protowire.VarintType:
			varint, n = protowire.ConsumeVarint(message)
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(message)
		default:
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		if err := each(number, value, varint); err != nil {
			return err
		}
	}
	return nil
}
