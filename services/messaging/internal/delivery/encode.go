package delivery

import (
	"context"
	"fmt"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// Encoding puts stored messages into responses. A caller of the binary codec
// gets the stored bytes as they are; any other one, with JSON or in process,
// needs them decoded.
type Encoding struct{ decode bool }

// EncodingFor returns the encoding that a call needs.
func EncodingFor(ctx context.Context) Encoding {
	info, ok := connect.CallInfoForServerContext(ctx)
	return Encoding{decode: !ok || info.Codec != connect.CodecNameProto}
}

// Put adds frames to the field `messages` of a response, which must have none.
// The response aliases them.
func (e Encoding) Put(response proto.Message, frames []byte) error {
	if len(frames) == 0 {
		return nil
	}
	if !e.decode {
		// A repeated field is tag, length and bytes for each element, wherever it
		// stands: these unknown bytes are the known field of whoever decodes them.
		response.ProtoReflect().SetUnknown(frames)
		return nil
	}
	if err := (proto.UnmarshalOptions{Merge: true}).Unmarshal(frames, response); err != nil {
		return fmt.Errorf("decode stored messages: %w", err)
	}
	return nil
}

// Cursor returns a place as the contract has it.
func Cursor(c store.Cursor) *messagingv1.Cursor {
	return &messagingv1.Cursor{Epoch: c.Epoch, Sequence: c.Sequence}
}
