package feed

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	grpcencoding "google.golang.org/grpc/encoding"
)

// Field numbers of the contract.
const (
	responseMessages = protowire.Number(2)
	messageSequence  = protowire.Number(1)
	messageText      = protowire.Number(6)
	messageData      = protowire.Number(7)
)

// OpenParleyRaw is OpenParley with subscribers that read messages where they are in
// a response, as nats.go reads them where they are in its protocol, and make no
// generated messages of them.
func OpenParleyRaw(ctx context.Context, url string, connections int) (Feed, error) {
	f, err := OpenParley(ctx, url, connections)
	if err != nil {
		return nil, err
	}
	parley, _ := f.(*Parley)
	return rawParley{parley}, nil
}

type rawParley struct{ *Parley }

// Subscribe implements Feed.
func (p rawParley) Subscribe(handle Handler) error {
	into := &scanned{handle: handle}
	stream, err := p.subscribe(grpc.ForceCodecV2(scanner{grpcencoding.GetCodecV2(proto.Name)}), into)
	if err != nil {
		return err
	}
	p.Go(func() error {
		for {
			if err := stream.RecvMsg(into); err != nil {
				return p.ended(err)
			}
		}
	})
	return nil
}

// scanned is where responses are decoded to: their messages go to handle.
type scanned struct {
	handle Handler
	next   uint64
}

// scanner is the Protobuf codec that knows scanned too.
type scanner struct{ grpcencoding.CodecV2 }

// Unmarshal implements encoding.CodecV2.
func (c scanner) Unmarshal(data mem.BufferSlice, v any) error {
	into, ok := v.(*scanned)
	if !ok {
		return c.CodecV2.Unmarshal(data, v)
	}
	buffer := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer buffer.Free()
	return fields(buffer.ReadOnlyData(), func(number protowire.Number, value []byte, _ uint64) error {
		if number != responseMessages {
			return nil
		}
		return into.message(value)
	})
}

func (s *scanned) message(message []byte) error {
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
	if s.next != 0 && sequence != s.next {
		return fmt.Errorf("receive %d for %d: %w", sequence, s.next, errPayload)
	}
	s.next = sequence + 1
	s.handle(payload)
	return nil
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
