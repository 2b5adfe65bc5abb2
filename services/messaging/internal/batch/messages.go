package ingest

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// Encode returns messages as the store takes them. It is the only copy made of
// them on their way: all go into one buffer.
func Encode(messages []*messagingv1.Message) ([]store.Message, error) {
	total := 0
	for _, m := range messages {
		total += proto.Size(m)
	}
	var (
		out     = make([]store.Message, len(messages))
		buffer  = make([]byte, 0, total)
		options = proto.MarshalOptions{UseCachedSize: true}
		err     error
	)
	for i, m := range messages {
		begin := len(buffer)
		if buffer, err = options.MarshalAppend(buffer, m); err != nil {
			return nil, fmt.Errorf("encode message %d: %w", i, err)
		}
		out[i] = store.Message{ID: m.GetId(), Data: buffer[begin:len(buffer):len(buffer)]}
	}
	return out, nil
}
