package rpc

import (
	"context"
	"errors"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/translate"
)

const defaultTopics = 100 // of a page

// Topics implements TopicService. It is safe for concurrent use.
type Topics struct {
	messagingv1connect.UnimplementedTopicServiceHandler

	Store store.Store
}

// CreateTopic implements the RPC of the same name.
func (t *Topics) CreateTopic(ctx context.Context, req *messagingv1.CreateTopicRequest) (*messagingv1.CreateTopicResponse, error) {
	topic, err := t.Store.CreateTopic(ctx, req.GetTopic().GetName(), translate.Definition(req.GetTopic()))
	if err != nil {
		return nil, translate.Status(err)
	}
	return &messagingv1.CreateTopicResponse{Topic: translate.Topic(topic)}, nil
}

// GetTopic implements the RPC of the same name.
func (t *Topics) GetTopic(ctx context.Context, req *messagingv1.GetTopicRequest) (*messagingv1.GetTopicResponse, error) {
	topic, err := t.Store.GetTopic(ctx, req.GetName())
	if err != nil {
		return nil, translate.Status(err)
	}
	return &messagingv1.GetTopicResponse{Topic: translate.Topic(topic)}, nil
}

// ListTopics implements the RPC of the same name.
func (t *Topics) ListTopics(ctx context.Context, req *messagingv1.ListTopicsRequest) (*messagingv1.ListTopicsResponse, error) {
	after, err := parsePageToken(req.GetPageToken())
	if err != nil {
		return nil, err
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultTopics
	}
	topics, more, err := t.Store.ListTopics(ctx, after, size)
	if err != nil {
		return nil, translate.Status(err)
	}
	res := &messagingv1.ListTopicsResponse{}
	for _, topic := range topics {
		res.Topics = append(res.Topics, translate.Topic(topic))
	}
	if more {
		res.NextPageToken = newPageToken(topics[len(topics)-1].Name)
	}
	return res, nil
}

// DeleteTopic implements the RPC of the same name.
func (t *Topics) DeleteTopic(ctx context.Context, req *messagingv1.DeleteTopicRequest) (*messagingv1.DeleteTopicResponse, error) {
	if err := t.Store.DeleteTopic(ctx, req.GetName(), req.GetExpectedEpoch()); err != nil {
		return nil, translate.Status(err)
	}
	return &messagingv1.DeleteTopicResponse{}, nil
}

// PurgeTopic implements the RPC of the same name.
func (t *Topics) PurgeTopic(ctx context.Context, req *messagingv1.PurgeTopicRequest) (*messagingv1.PurgeTopicResponse, error) {
	topic, err := t.Store.PurgeTopic(ctx, req.GetName(), req.GetExpectedEpoch(), req.GetBeforeSequence())
	if errors.Is(err, store.ErrPositionAhead) {
		err = t.ahead(ctx, req.GetName(), err)
	}
	if err != nil {
		return nil, translate.Status(err)
	}
	return &messagingv1.PurgeTopicResponse{Topic: translate.Topic(topic)}, nil
}

// ahead adds where the topic ends.
func (t *Topics) ahead(ctx context.Context, name string, err error) error {
	topic, getErr := t.Store.GetTopic(ctx, name)
	if getErr != nil {
		return errors.Join(err, getErr)
	}
	return &store.PositionAheadError{Actual: store.Cursor{Epoch: topic.Epoch, Sequence: topic.Last}}
}
