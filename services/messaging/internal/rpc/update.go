package rpc

import (
	"context"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/translate"
)

// UpdateTopic implements the RPC of the same name.
func (t *Topics) UpdateTopic(ctx context.Context, req *messagingv1.UpdateTopicRequest) (*messagingv1.UpdateTopicResponse, error) {
	if err := t.expectEpoch(ctx, req.GetTopic().GetName(), req.GetExpectedEpoch()); err != nil {
		return nil, translate.Status(err)
	}
	topic, err := t.Store.UpdateTopic(ctx, req.GetTopic().GetName(), func(def store.Definition) (store.Definition, error) {
		return translate.Update(def, req.GetTopic(), req.GetUpdateMask().GetPaths()), nil
	})
	if err != nil {
		return nil, translate.Status(err)
	}
	return &messagingv1.UpdateTopicResponse{Topic: translate.Topic(topic)}, nil
}

// expectEpoch fails if a topic does not have the epoch expected, if any is.
func (t *Topics) expectEpoch(ctx context.Context, name, epoch string) error {
	if epoch == "" {
		return nil
	}
	topic, err := t.Store.GetTopic(ctx, name)
	if err == nil && topic.Epoch != epoch {
		err = &store.MismatchError{EpochDiffers: true, Actual: store.Cursor{Epoch: topic.Epoch, Sequence: topic.Last}}
	}
	return err
}
