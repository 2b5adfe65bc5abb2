package chat

import (
	"context"
	"errors"
	"io"
	"time"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// defaultHeartbeat is the interval of heartbeats until the server names its own.
const defaultHeartbeat = 15 * time.Second

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
	r := receiver{Session: s, ready: make(chan struct{}), again: s.Unconfirmed() > 0}
	sending := make(chan struct{})
	go func() {
		defer close(sending)
		if err := s.send(ctx, stream, first, r.ready); err != nil && ctx.Err() == nil {
			cancel(err)
		}
	}()
	err = r.receive(stream, cancel)
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

func (r *receiver) receive(stream exchange, cancel context.CancelCauseFunc) error {
	patience := 2 * defaultHeartbeat
	silence := time.AfterFunc(patience, func() { cancel(ErrSilent) })
	defer silence.Stop()
	for {
		res, err := stream.Receive()
		switch {
		case errors.Is(err, io.EOF):
			return ErrEnded
		case err != nil:
			return err
		}
		if interval := res.GetHeartbeat().GetInterval(); interval != nil {
			patience = 2 * interval.AsDuration()
		}
		silence.Stop() // printing may take as long as it likes
		if err := r.take(res); err != nil {
			return err
		}
		silence.Reset(patience)
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

// settle notes how a line went. An error that says "later" ends the stream: the
// line is sent again on the next one.
func (r *receiver) settle(result *messagingv1.PublishResult) error {
	number := result.GetCorrelationId()
	if failed := result.GetError(); failed != nil {
		err := asError(failed)
		if unavailable(err) {
			return err
		}
		if r.outbox.settle(number) {
			r.refused++
			r.config.Listener.Refused(number, err)
		}
		return nil
	}
	sequence := result.GetReceipt().GetFirstSequence()
	if duplicates := result.GetReceipt().GetDuplicates(); len(duplicates) > 0 {
		sequence = duplicates[0].GetSequence()
	}
	if r.outbox.settle(number) {
		r.config.Listener.Stored(number, sequence)
	}
	return nil
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
			if r.outbox.settle(number) {
				r.config.Listener.Stored(number, message.GetSequence())
			}
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
