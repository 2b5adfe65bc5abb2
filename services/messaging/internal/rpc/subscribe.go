package rpc

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/interceptor"
	"github.com/parleyhq/parley/platform/wire"
	"github.com/parleyhq/parley/services/messaging/internal/delivery"
	"github.com/parleyhq/parley/services/messaging/internal/translate"
)

// Subscribe implements the RPC of the same name.
func (m *Messages) Subscribe(ctx context.Context, req *messagingv1.SubscribeRequest, stream messagingv1connect.MessageServiceSubscribeServerStream) error {
	reader, err := m.Source.Open(ctx, delivery.Request{
		Topic: req.GetTopic(), Start: req.GetStart(), Keys: req.GetKeys(), StopAtHead: req.GetStopAtHead(),
	})
	if err != nil {
		return streamError(err)
	}
	defer reader.Close()
	wire.WriteDirectly(ctx) // the next piece has what comes meanwhile
	encoding, heartbeat, first := delivery.EncodingFor(ctx), delivery.Heartbeat(req), true
	res := &messagingv1.SubscribeResponse{}
	wire.OnWrite(ctx, func() { // a client that does not read keeps what is written, and nothing else
		proto.Reset(res)
		reader.Encoded()
	})
	err = reader.Follow(ctx, heartbeat, func(p *delivery.Piece) error {
		res = &messagingv1.SubscribeResponse{Gap: p.Gap, Cursor: delivery.Cursor(p.Cursor), LastSequence: p.Last}
		if first {
			res.HeartbeatInterval, first = durationpb.New(heartbeat), false
		}
		if err := encoding.Put(res, p.Frames); err != nil {
			return err
		}
		p.Frames = nil
		return stream.Send(res)
	})
	return streamError(err)
}

// streamError explains why a stream of deliveries ended.
func streamError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, delivery.ErrDraining):
		return interceptor.Draining()
	default:
		return translate.Status(err)
	}
}
