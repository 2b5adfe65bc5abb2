package rpc

import (
	"context"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/translate"
)

// UpdateTopic implements the RPC of the same name.
func (t *Topics) UpdateTopic(ctx context.Context, req *messagingv1.UpdateTopicRequest) (*messagingv1.UpdateTopicResponse, error) {
	topic, err := t.Store.UpdateTopic(ctx, req.GetTopic().GetName(), req.GetExpectedEpoch(), func(def store.Definition) (store.Definition, error) {
		return translate.Update(def, req.GetTopic(), req.GetUpdateMask().GetPaths()), nil
	})
	if err != nil {
		return nil, translate.Status(err)
	}
	return &messagingv1.UpdateTopicResponse{Topic: translate.Topic(topic)}, nil
}
