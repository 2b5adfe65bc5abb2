package chat

import (
	"context"
	"errors"
	"io"
	"unicode/utf8"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
)

// subscriptionID is that of the only subscription of a stream.
const subscriptionID = 1

type exchange = messagingv1connect.MessageServiceExchangeClientStream

// subscribe returns the first request of a stream.
func (s *Session) subscribe() *messagingv1.ExchangeRequest {
	start := s.config.Start
	if s.cursor != nil {
		start = &messagingv1.Start{Position: &messagingv1.Start_After{After: s.cursor}}
	}
	return &messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Subscribe{
		Subscribe: &messagingv1.SubscribeCommand{
			SubscriptionId: subscriptionID,
			Request:        &messagingv1.SubscribeRequest{Topic: s.config.Topic, Start: start},
		},
	}}
}

// send begins with the first request, waits until the stream is ready, sends again
// what has no receipt, and then line after line, until the stream or the lines end.
func (s *Session) send(ctx context.Context, stream exchange, first *messagingv1.ExchangeRequest, ready <-chan struct{}) error {
	if err := ended(stream.Send(first)); err != nil {
		return err
	}
	select {
	case <-ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, l := range s.outbox.unconfirmed() {
		if err := s.publish(stream, l); err != nil {
			return err
		}
	}
	for {
		if err := s.outbox.room.Acquire(ctx, 1); err != nil {
			return err
		}
		select {
		case text, more := <-s.config.Lines:
			if !more {
				s.outbox.room.Release(1)
				return s.finish(ctx, stream)
			}
			if err := s.publish(stream, s.outbox.add(text)); err != nil {
				return err
			}
		case <-ctx.Done():
			s.outbox.room.Release(1)
			return ctx.Err()
		}
	}
}

func (s *Session) publish(stream exchange, l line) error {
	message := &messagingv1.Message{Id: s.id(l.number), Key: s.config.Name}
	if utf8.ValidString(l.text) {
		message.Payload = &messagingv1.Message_Text{Text: l.text}
	} else {
		message.Payload = &messagingv1.Message_Data{Data: []byte(l.text)}
	}
	s.open = true
	return ended(stream.Send(&messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Publish{
		Publish: &messagingv1.PublishCommand{
			CorrelationId: l.number, StopOnFailure: true, // else later lines could overtake it
			Request: &messagingv1.PublishRequest{Topic: s.config.Topic, Messages: []*messagingv1.Message{message}},
		},
	}}))
}

// finish ends the conversation after the last receipt.
func (s *Session) finish(ctx context.Context, stream exchange) error {
	if s.config.KeepListening {
		return nil
	}
	if err := s.outbox.room.Acquire(ctx, maxUnconfirmed); err != nil { // all of it: no line is on its way
		return err
	}
	s.finished = true
	err := ended(stream.Send(&messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Unsubscribe{
		Unsubscribe: &messagingv1.UnsubscribeCommand{SubscriptionId: subscriptionID},
	}}))
	if err != nil {
		return err
	}
	return stream.CloseSend()
}

// ended drops io.EOF: the stream has ended, and receiving says why.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
