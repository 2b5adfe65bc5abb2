package rpc

import (
	"context"

	"buf.build/go/protovalidate"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/services/messaging/internal/batch"
	"github.com/parleyhq/parley/services/messaging/internal/delivery"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/translate"
)

// Messages implements MessageService. It is safe for concurrent use.
type Messages struct {
	messagingv1connect.UnimplementedMessageServiceHandler

	Source *delivery.Source
	// Validator checks the requests inside an Exchange's commands.
	Validator protovalidate.Validator
}

// Publish implements the RPC of the same name.
func (m *Messages) Publish(ctx context.Context, req *messagingv1.PublishRequest) (*messagingv1.PublishResponse, error) {
	messages, err := batch.Messages(req)
	if err != nil {
		return nil, translate.Status(err)
	}
	receipt, err := m.Source.Store.Append(ctx, store.AppendRequest{
		Topic: req.GetTopic(), Messages: messages,
		ExpectedEpoch: req.GetExpectedEpoch(), ExpectedLast: req.ExpectedLastSequence,
	})
	if err != nil {
		return nil, translate.Status(err)
	}
	return &messagingv1.PublishResponse{Receipt: translate.Receipt(receipt)}, nil
}
