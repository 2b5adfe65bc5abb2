package load

import (
	"context"
	"errors"
	"io"
	"time"
)

// refusal is an answer that is an error, on a stream that goes on.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// pipe is a stream with an answer for each request, in their order.
type pipe struct {
	send      func() error
	closeSend func() error
	receive   func() error // the next answer
}

// pump keeps a number of requests on their way until the time is up, and takes all
// answers. Each counts as so many messages; with 0 nothing is measured. cancel ends
// the stream.
func (r *run) pump(ctx context.Context, cancel context.CancelFunc, p pipe, messages int) error {
	sent := make(chan time.Time, r.InFlight) // a place is a request on its way
	sending := make(chan error, 1)
	go func() { sending <- r.sendUntil(ctx, p, sent) }()
	err := r.receiveAll(p, sent, messages)
	cancel()
	if sendErr := <-sending; err == nil {
		err = sendErr
	}
	return err
}

func (r *run) sendUntil(ctx context.Context, p pipe, sent chan<- time.Time) error {
	for !r.over() {
		now := time.Now()
		select {
		case sent <- now:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := p.send(); errors.Is(err, io.EOF) {
			return nil // receiving says why
		} else if err != nil {
			return err
		}
	}
	return p.closeSend()
}

func (r *run) receiveAll(p pipe, sent <-chan time.Time, messages int) error {
	for {
		err := p.receive()
		now := time.Now()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if refused, ok := errors.AsType[refusal](err); ok {
			<-sent
			r.fail(refused.error)
			continue
		}
		if err != nil {
			return err
		}
		begun := <-sent
		if messages > 0 {
			r.took(now, now.Sub(begun))
			r.answered(now, messages, messages*r.Size)
		}
	}
}
