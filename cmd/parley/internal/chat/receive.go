package chat

import (
	"context"
	"errors"
	"io"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/retry"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// receiver reads one stream.
type receiver struct {
	*Session

	// ready is closed once lines may be sent: the subscription has begun, and if
	// lines without a receipt are left, it has reached the head. Then what the topic
	// has of them is confirmed.
	ready   chan struct{}
	again   bool // such lines are left
	isReady bool
}

// stream talks on one Exchange. It returns nil if the conversation is over.
func (s *Session) stream(ctx context.Context) error {
	ctx, watchdog := retry.Watch(ctx, 0)
	defer watchdog.End()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stream, err := s.config.Client.Exchange(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	if err := stream.SendHeaders(); err != nil { // nothing can be received before
		return err
	}
	first := s.subscribe()
	r := receiver{Session: s, ready: make(chan struct{}), again: len(s.outbox.unconfirmed()) > 0}
	sending := make(chan struct{})
	go func() {
		defer close(sending)
		if err := s.send(ctx, stream, first, r.ready); err != nil && ctx.Err() == nil {
			cancel(err)
		}
	}()
	err = r.receive(stream, watchdog)
	if cause := context.Cause(ctx); cause != nil && err != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	cancel(nil)
	<-sending
	if s.finished { // nothing is left to be done, however the stream ended
		return nil
	}
	return err
}

func (r *receiver) receive(stream exchange, watchdog *retry.Watchdog) error {
	for {
		res, err := stream.Receive()
		switch {
		case errors.Is(err, io.EOF):
			return retry.ErrEnded
		case err != nil:
			return err
		}
		watchdog.Interval(res.GetHeartbeat().GetInterval().AsDuration())
		watchdog.Stop() // printing may take as long as it likes
		if err := r.take(res); err != nil {
			return err
		}
		watchdog.Feed()
	}
}

func (r *receiver) take(res *messagingv1.ExchangeResponse) error {
	switch event := res.GetEvent().(type) {
	case *messagingv1.ExchangeResponse_Result:
		if err := r.config.Listener.Response(res); err != nil {
			return err
		}
		return r.settle(event.Result)
	case *messagingv1.ExchangeResponse_Delivery:
		d := event.Delivery
		if d.GetGap() != nil || len(d.GetMessages()) > 0 || d.GetEnd() != nil {
			if err := r.config.Listener.Response(res); err != nil {
				return err
			}
		}
		return r.deliver(d)
	default: // a heartbeat, or news from a newer server
		return nil
	}
}

// settle notes how a line went. An error ends the stream, on which the server takes
// no line after it, so that order is kept: what has no receipt is sent again on the
// next one.
func (r *receiver) settle(result *messagingv1.PublishResult) error {
	number := result.GetCorrelationId()
	if failed := result.GetError(); failed != nil {
		return r.refuse(number, asError(failed))
	}
	sequence := result.GetReceipt().GetFirstSequence()
	if duplicates := result.GetReceipt().GetDuplicates(); len(duplicates) > 0 {
		sequence = duplicates[0].GetSequence()
	}
	r.store(number, sequence)
	return nil
}

func (r *receiver) refuse(number uint64, err error) error {
	reason := rpcerror.ReasonOf(err)
	switch {
	case retry.Transient(err, false):
		return &lateError{error: err, line: number}
	case reason != errorv1.Reason_REASON_EARLIER_PUBLISH_FAILED && r.outbox.settle(number):
		r.refused++
		r.config.Listener.Refused(number, err)
	}
	return errStopped
}

func (r *receiver) store(number, sequence uint64) {
	if r.outbox.settle(number) {
		r.postponed = false
		r.config.Listener.Stored(number, sequence)
	}
}

// deliver passes on what others said. What this session said is confirmed by it.
func (r *receiver) deliver(d *messagingv1.ExchangeDelivery) error {
	if r.cursor == nil && d.GetCursor() != nil {
		r.config.Listener.Joined(d.GetLastSequence())
	}
	if r.broken && d.GetEnd().GetError() == nil {
		r.broken = false
		r.config.Listener.Resumed()
	}
	if d.GetGap() != nil {
		r.config.Listener.Gap(d.GetGap())
	}
	for _, message := range d.GetMessages() {
		if number, ours := r.own(message); ours {
			r.store(number, message.GetSequence())
		} else if err := r.config.Listener.Message(message); err != nil {
			return err
		}
	}
	if d.GetCursor() != nil {
		r.cursor = d.GetCursor()
	}
	atHead := d.GetCursor().GetSequence() >= d.GetLastSequence()
	if !r.isReady && d.GetCursor() != nil && d.GetEnd() == nil && (atHead || !r.again) {
		r.isReady = true
		close(r.ready)
	}
	if failed := d.GetEnd().GetError(); failed != nil {
		return asError(failed)
	}
	return nil
}
