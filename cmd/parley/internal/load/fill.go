package load

import (
	"context"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
)

// A topic has enough for a replay with so many messages or so many bytes.
const (
	enoughMessages = 100_000
	enoughBytes    = 64 << 20
	// batchBytes bounds a request.
	batchBytes = 1 << 20
)

// fill publishes until there is enough to read.
func fill(ctx context.Context, s Settings) error {
	res, err := messagingv1connect.NewTopicServiceClient(s.Client).GetTopic(ctx, &messagingv1.GetTopicRequest{Name: s.Topic})
	if err != nil {
		return err
	}
	r := &run{Settings: s}
	batch := r.batch(max(1, min(1000, batchBytes/s.Size)), "", s.text())
	messages, bytes := res.GetTopic().GetStoredMessages(), res.GetTopic().GetStoredBytes()
	for messages < enoughMessages && bytes < enoughBytes {
		if _, err := r.messages().Publish(ctx, batch); err != nil {
			return err
		}
		messages += uint64(len(batch.GetMessages()))
		bytes += uint64(len(batch.GetMessages()) * s.Size)
	}
	return nil
}
