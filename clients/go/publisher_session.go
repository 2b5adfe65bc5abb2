package parley

import (
	"context"
	"errors"
	"io"
	"time"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/retry"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// firstHeartbeat is half of how long an Exchange may take to answer at all. A
// server does so at once; a proxy that keeps requests until they end never does.
const firstHeartbeat = 5 * time.Second

// callLimit bounds one Publish call, which has no heartbeats: a server that does
// not answer for so long is tried again.
const callLimit = 30 * time.Second

// session sends over one stream, or over Publish calls, until one fails.
type session struct {
	*Publisher

	answers int // responses of the server
	settled int // batches that got an outcome
}

// run returns why the session ended, nil if ctx ended it.
func (s *session) run(ctx context.Context) error {
	if !s.unary {
		err := s.exchange(ctx)
		if s.answers > 0 || ctx.Err() != nil || !noExchange(err) {
			return err
		}
		if connect.CodeOf(err) == connect.CodeUnimplemented { // and will not be
			s.unary = true
			s.notStored()
		}
	}
	s.begin()
	return s.send(ctx, func(b *batch) error { return s.publish(ctx, b) })
}

// noExchange reports whether an Exchange without an answer failed because
// something on the way, or the server, cannot carry it.
func noExchange(err error) bool {
	if errors.Is(err, retry.ErrSilent) {
		return true
	}
	if _, broken := errors.AsType[*client.TransportError](err); broken || rpcerror.ReasonOf(err) != errorv1.Reason_REASON_UNSPECIFIED {
		return connect.CodeOf(err) == connect.CodeUnimplemented
	}
	switch connect.CodeOf(err) {
	case connect.CodeUnimplemented, connect.CodeUnknown, connect.CodeInternal:
		return true
	default:
		return false
	}
}

func (s *session) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.box.begin()
}

func (s *session) notStored() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.box.notStored()
}

// send hands batch after batch to one. It returns when one fails or ctx ends.
func (s *session) send(ctx context.Context, one func(*batch) error) error {
	for {
		s.mu.Lock()
		// The second batch waits until the first receipt tells the epoch.
		b, wait := s.box.next(s.epoch != "")
		s.mu.Unlock()
		if b != nil {
			if err := one(b); err != nil {
				return err
			}
			continue
		}
		if err := s.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// sleep waits until there may be something to send: for a time, unless it is 0.
func (s *session) sleep(ctx context.Context, wait time.Duration) error {
	var after <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-s.wake:
		return nil
	case <-after:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// publish sends one batch by Publish.
func (s *session) publish(ctx context.Context, b *batch) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	res, err := s.messages.Publish(ctx, s.request(b))
	if err != nil {
		return err
	}
	s.answers++
	return s.receipt(res.GetReceipt())
}

// exchange sends over one Exchange. A goroutine of its own reads the results.
func (s *session) exchange(ctx context.Context) error {
	ctx, watchdog := retry.Watch(ctx, firstHeartbeat)
	defer watchdog.End()
	s.begin()
	stream, err := s.messages.Exchange(ctx)
	if err != nil {
		return retry.Cause(ctx, err)
	}
	defer stream.Close()
	if err := stream.SendHeaders(); err != nil { // Close must not run beside it, nor beside a Send that does it
		return retry.Cause(ctx, err)
	}
	// While the client may still send, net/http's HTTP/2 does not let the end of
	// a context interrupt Receive.
	defer context.AfterFunc(ctx, func() { _ = stream.Close() })()
	sending, endSending := context.WithCancel(ctx)
	received := make(chan error, 1)
	go func() {
		received <- s.receive(stream, watchdog)
		endSending()
	}()
	sent := s.send(sending, func(b *batch) error {
		return stream.Send(&messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Publish{
			Publish: &messagingv1.PublishCommand{CorrelationId: b.number, Request: s.request(b), StopOnFailure: true},
		}})
	})
	ours := sending.Err() == nil && !errors.Is(sent, io.EOF) // the receiver does not know
	cause := context.Cause(ctx)
	if ours {
		watchdog.End()
	}
	err = <-received
	switch {
	case ours && cause != nil:
		return cause
	case ours:
		return sent
	default:
		return retry.Cause(ctx, err)
	}
}

// receive takes results until the stream ends. It always returns an error.
func (s *session) receive(stream messagingv1connect.MessageServiceExchangeClientStream, watchdog *retry.Watchdog) error {
	watchdog.Interval(retry.DefaultHeartbeat) // from the first answer on
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return retry.ErrEnded
		}
		if err != nil {
			return err
		}
		s.answers++
		switch event := res.GetEvent().(type) {
		case *messagingv1.ExchangeResponse_Heartbeat:
			watchdog.Interval(event.Heartbeat.GetInterval().AsDuration())
		case *messagingv1.ExchangeResponse_Result:
			if err := s.result(event.Result); err != nil {
				return err
			}
		}
		watchdog.Feed()
	}
}

// resume tells of the end of an interruption: a batch is stored. An answer alone
// is none, while the server has no room for messages.
func (s *session) resume() {
	if !s.interrupted {
		return
	}
	s.interrupted = false
	if s.config.Observer.Resumed != nil {
		s.config.Observer.Resumed()
	}
}

func (s *session) request(b *batch) *messagingv1.PublishRequest {
	messages := make([]*messagingv1.Message, len(b.entries))
	for i, e := range b.entries {
		messages[i] = e.message
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &messagingv1.PublishRequest{Topic: s.config.Topic, Messages: messages, ExpectedEpoch: s.epoch}
}
