package parley

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/retry"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// run sends messages, one session after the other, until the publisher is closed
// or an error comes that another try would only repeat.
func (p *Publisher) run(ctx context.Context) {
	defer close(p.done)
	defer p.cancel()
	answered := false
	for tries := 0; ; tries++ {
		if !p.awaitWork(ctx) {
			p.stop(ErrClosed)
			return
		}
		s := session{Publisher: p}
		err := s.run(ctx)
		answered = answered || s.answers > 0
		if s.settled > 0 {
			tries = 0
		}
		if err == nil || ctx.Err() != nil {
			continue // awaitWork sees why
		}
		if again, stop := p.refused(err); stop {
			p.stop(p.stopped(err))
			return
		} else if again {
			tries = -1 // go on at once
			continue
		}
		pause := retry.Backoff(p.config.Backoff).Delay(tries, err)
		if err := p.mayRetry(err, pause, s.answers > 0, answered); err != nil {
			p.stop(p.stopped(err))
			return
		}
		p.pause(ctx, err, pause)
	}
}

// awaitWork waits for a message to send. It reports false if there will be none.
func (p *Publisher) awaitWork(ctx context.Context) bool {
	for {
		p.mu.Lock()
		pending := p.box.pending()
		p.mu.Unlock()
		if ctx.Err() != nil {
			return false
		}
		if pending > 0 {
			return true
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
		}
	}
}

func (p *Publisher) stopped(cause error) error {
	return fmt.Errorf("%w: publish to %s: %w", ErrStopped, p.config.Topic, cause)
}

// refused handles the refusal of the first batch for what is in it: if it is
// several messages, they are to be tried one by one; if it is one, that fails, or
// stops the publisher.
func (p *Publisher) refused(err error) (again, stop bool) {
	reason := rpcerror.ReasonOf(err)
	if !slices.Contains([]errorv1.Reason{
		errorv1.Reason_REASON_INVALID_FIELD, errorv1.Reason_REASON_UNKNOWN_FIELD,
		errorv1.Reason_REASON_MALFORMED_MESSAGE, errorv1.Reason_REASON_MESSAGE_TOO_LARGE,
		errorv1.Reason_REASON_MESSAGE_OVER_TOPIC_LIMIT,
	}, reason) {
		return false, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.box.flight) == 0 {
		return false, false
	}
	p.box.notStored()
	switch {
	case len(p.box.flight[0].entries) > 1:
		p.box.split()
	case p.config.StopAtRefusal:
		return false, true
	default:
		p.settle(nil, err)
	}
	return true, false
}

// mayRetry returns the error that stops the publisher, or nil for another try.
func (p *Publisher) mayRetry(err error, pause time.Duration, worked, answered bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if NothingStored(err) {
		p.box.notStored()
	}
	if p.box.pending() == 0 {
		return nil // the end of an idle stream
	}
	if errors.Is(err, ErrBroken) || !retry.Transient(err, worked) || p.config.FailFast && !answered {
		return err
	}
	if len(p.box.flight) > 0 && since(p.box.flight[0].opened)+pause > p.config.RetryFor {
		return fmt.Errorf("gave up after %s: %w", since(p.box.flight[0].opened).Round(time.Millisecond), err)
	}
	return nil
}

// pause waits before the next session, if there is something to send.
func (p *Publisher) pause(ctx context.Context, err error, pause time.Duration) {
	p.mu.Lock()
	idle := p.box.pending() == 0
	p.mu.Unlock()
	if idle {
		return
	}
	p.interrupted = true
	if p.config.Observer.Interrupted != nil {
		p.config.Observer.Interrupted(err, pause)
	}
	_ = retry.Wait(ctx, pause) // awaitWork sees its end
}

// stop gives every message without an outcome an error.
func (p *Publisher) stop(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fatal = cause
	for len(p.box.flight) > 0 {
		err := cause
		if !p.box.flight[0].opened.IsZero() {
			err = fmt.Errorf("%w: %w", ErrOutcomeUnknown, cause)
		}
		p.settle(nil, err)
	}
	if len(p.box.waiting) > 0 {
		p.box.flight = append(p.box.flight, &batch{entries: p.box.waiting})
		p.box.waiting, p.box.bytes = nil, 0
		p.settle(nil, cause)
	}
	p.notify()
}
