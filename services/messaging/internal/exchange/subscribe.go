package exchange

import (
	"context"
	"errors"
	"fmt"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/durationpb"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/services/messaging/internal/delivery"
	"github.com/parleyhq/parley/services/messaging/internal/translate"
)

// maxSubscriptions is how many may run on one stream at a time.
const maxSubscriptions = 100

// subscribe starts a subscription. An id in use ends the stream; whatever is
// wrong with the request ends the subscription.
//
// What can be refused at once is refused here, by the goroutine that receives:
// while the client does not read, nothing more is received. So a client that only
// sends has no more goroutines than maxSubscriptions, and one whose last delivery
// is being sent.
func (e *exchange) subscribe(command *messagingv1.SubscribeCommand) error {
	s := &subscription{exchange: e, id: command.GetSubscriptionId(), request: command.GetRequest()}
	if s.request == nil {
		s.request = &messagingv1.SubscribeRequest{}
	}
	full, err := e.slot(s.id)
	if err != nil {
		return err
	}
	if full {
		return s.end(rpcerror.New(connect.CodeResourceExhausted, errorv1.Reason_REASON_STREAM_LIMIT,
			fmt.Sprintf("this stream has %d subscriptions: end one, or open another stream", maxSubscriptions)), nil)
	}
	if err := e.validator.Validate(s.request); err != nil {
		return s.end(err, nil)
	}
	ctx, cancel := context.WithCancel(e.ctx)
	e.mu.Lock()
	e.subscriptions[s.id] = cancel
	e.mu.Unlock()
	e.start(&e.running, func() {
		defer cancel()
		s.finish(ctx, s.run(ctx))
	})
	return nil
}

// slot reports whether there is none for another subscription, which must not
// have the id of one that is running. Only the caller's goroutine takes slots.
func (e *exchange) slot(id uint64) (full bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, inUse := e.subscriptions[id]; inUse {
		return false, translate.Status(&translate.InvalidFieldError{
			Path: "subscribe.subscription_id", Rule: "subscription_id.unused", Text: "a subscription with this id is running on this stream",
		})
	}
	return len(e.subscriptions) >= maxSubscriptions, nil
}

// unsubscribe ends a subscription, if it is running.
func (e *exchange) unsubscribe(id uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if cancel := e.subscriptions[id]; cancel != nil {
		cancel()
	}
}

// subscription is one of a stream's.
type subscription struct {
	*exchange

	id      uint64
	request *messagingv1.SubscribeRequest
	cursor  *messagingv1.Cursor // nil where it could not start
	last    uint64
}

// run delivers until the subscription ends.
func (s *subscription) run(ctx context.Context) error {
	reader, err := s.source.Open(ctx, delivery.Request{
		Topic: s.request.GetTopic(), Start: s.request.GetStart(),
		Keys: s.request.GetKeys(), StopAtHead: s.request.GetStopAtHead(),
	})
	if err != nil {
		return err
	}
	defer reader.Close()
	heartbeat, first := delivery.Heartbeat(s.request), true
	return reader.Follow(ctx, heartbeat, func(p *delivery.Piece) error {
		s.cursor, s.last = delivery.Cursor(p.Cursor), p.Last
		next := &messagingv1.ExchangeDelivery{SubscriptionId: s.id, Gap: p.Gap, Cursor: s.cursor, LastSequence: p.Last}
		if first {
			next.HeartbeatInterval, first = durationpb.New(heartbeat), false
		}
		if err := s.encoding.Put(next, p.Frames); err != nil {
			return err
		}
		return s.send(next, nil)
	})
}

// finish sends the last delivery, unless the stream is over too.
func (s *subscription) finish(ctx context.Context, err error) {
	switch {
	case errors.Is(err, delivery.ErrDraining):
		s.drained()
		return
	case s.ctx.Err() != nil:
		return
	case ctx.Err() != nil: // unsubscribed
		err = nil
	}
	_ = s.end(err, func() {
		// The id is free before the client can know, and not before its turn.
		s.mu.Lock()
		delete(s.subscriptions, s.id)
		s.mu.Unlock()
	})
}

// end sends the last delivery. before is called in its turn.
func (s *subscription) end(why error, before func()) error {
	end := &messagingv1.SubscriptionEnd{}
	if why != nil {
		end.Error = translate.Refusal(why)
	}
	return s.send(&messagingv1.ExchangeDelivery{SubscriptionId: s.id, Cursor: s.cursor, LastSequence: s.last, End: end}, before)
}

// send sends a delivery; where that fails the stream is over.
func (s *subscription) send(next *messagingv1.ExchangeDelivery, before func()) error {
	err := s.out.send(&messagingv1.ExchangeResponse{
		Event: &messagingv1.ExchangeResponse_Delivery{Delivery: next},
	}, before)
	if err != nil {
		s.fail(err)
	}
	return err
}
