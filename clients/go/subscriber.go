package parley

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"connectrpc.com/connect/v2"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/retry"

	"github.com/parleyhq/parley/clients/go/internal/continuity"
)

// ErrBroken is wrapped by the error of a [Subscriber] that a server sent something
// else than the next message or a gap. It is not tried again.
var ErrBroken = continuity.ErrBroken

// ErrSilent is the error an observer sees when nothing was heard from the server
// for twice the heartbeat interval.
var ErrSilent = retry.ErrSilent

// SubscriberConfig says what to read. Topic is the only field without a usable
// zero value. The server checks all values: what it refuses is the first error.
type SubscriberConfig struct {
	// Topic is the topic's name.
	Topic string
	// Start is where to begin; default [FromEarliest].
	Start *messagingv1.Start
	// Keys leaves out messages with other keys; at most 100. Default: all.
	Keys []string
	// StopAtHead ends the loop after everything that is stored when the call
	// arrives; after an interruption, when the next one does. Default: go on
	// with what is published.
	StopAtHead bool
	// HeartbeatInterval is the longest time the server lets pass without a sign
	// of life, 1 to 300 s; default 15 s. After twice this long the subscriber
	// connects again.
	HeartbeatInterval time.Duration
	// Backoff is how long to wait before connecting again.
	Backoff Backoff
	// FailFast returns the error of the first call if it brings no answer at
	// all, instead of trying again: most likely the address is wrong.
	FailFast bool
	// Observer is told what happens beside the deliveries.
	Observer SubscriberObserver
}

// SubscriberObserver has functions that a [Subscriber] calls from the goroutine
// of its loop. Each may be nil.
type SubscriberObserver struct {
	// Interrupted: the stream ended with err; the next try follows after a
	// pause. It is called for each failed try.
	Interrupted func(err error, pause time.Duration)
	// Resumed: after an interruption the server answers again.
	Resumed func()
	// CaughtUp: everything stored has been handled. It is called once, and once
	// more after each interruption.
	CaughtUp func()
}

// Backoff is the pause before another try: a random time between half of
// Base·2ⁿ and all of it after n tries that brought nothing, at most Max, and at
// least what the server asks for. The defaults are 100 ms and 5 s.
type Backoff struct {
	Base time.Duration
	Max  time.Duration
}

// Subscriber reads a topic over as many calls as it takes: when one ends, the next
// one goes on after the last event that was handled. What it delivers is the next
// message or a gap, never a silent hole and nothing twice; it checks that itself.
//
// One loop may run at a time. A loop that ended can be followed by another one,
// which goes on where the first one stopped. It starts no goroutine.
type Subscriber struct {
	messages messagingv1connect.MessageServiceClient
	config   SubscriberConfig

	at          place // after what was handled; zero before the first answer
	interrupted bool
	caughtUp    bool
}

// NewSubscriber returns a subscriber that calls the servers of a client:
// Connect() of platform/client gives one with balancing and health checks. The
// subscriber makes no call before its first loop.
func NewSubscriber(client *connect.Client, config SubscriberConfig) *Subscriber {
	return &Subscriber{messages: messagingv1connect.NewMessageServiceClient(client), config: config}
}

// Cursor returns the place after what was handled, nil before the server's first
// answer. It must not be called beside a loop, but may be within one: an event is
// handled once the loop asks for the next one or ends.
func (s *Subscriber) Cursor() *messagingv1.Cursor {
	if s.at == (place{}) {
		return nil
	}
	return s.at.cursor()
}

// Events returns the events of the topic. The loop ends
//   - without an error at the head, if StopAtHead is set;
//   - with the error of ctx;
//   - with an error that another try would only repeat, for instance one with
//     reason TOPIC_NOT_FOUND or POSITION_AHEAD. It wraps a *connect.Error.
//
// An error comes with a nil event and is the last thing. Leaving the loop early
// ends the call.
func (s *Subscriber) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		more, err := s.follow(ctx, func(batch Batch) bool {
			return batch.events(s.at, yield, func(after place) { s.at = after })
		})
		if more && err != nil {
			yield(nil, err)
		}
	}
}

// Batches is Events in the portions in which the server sends them, up to
// 256 KiB each or one larger message. A batch counts as handled as a whole, also
// the last one of a loop that is left. A batch without messages and gap says that
// the cursor has moved: past other keys, or to the start of the reading.
func (s *Subscriber) Batches(ctx context.Context) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		more, err := s.follow(ctx, func(batch Batch) bool {
			after := place{epoch: batch.Cursor.GetEpoch(), sequence: batch.Cursor.GetSequence()}
			wanted := batch.Gap == nil && len(batch.Messages) == 0 && after == s.at || yield(batch, nil)
			s.at = after
			return wanted
		})
		if more && err != nil {
			yield(Batch{}, err)
		}
	}
}

// follow makes calls until one ends for good. It reports whether the loop still
// wants to hear of the error.
func (s *Subscriber) follow(ctx context.Context, handle func(Batch) bool) (more bool, err error) {
	s.caughtUp = false
	answered := s.at != place{}
	for tries := 0; ; tries++ {
		call := subscribeCall{Subscriber: s, handle: handle}
		began := time.Now()
		err := call.run(ctx)
		answered = answered || call.responses > 0
		switch {
		case call.stopped:
			return false, nil
		case err == nil:
			return true, nil
		case ctx.Err() != nil:
			return true, ctx.Err()
		case errors.Is(err, ErrBroken), s.config.FailFast && !answered, !retry.Transient(err, call.responses > 0):
			return true, fmt.Errorf("subscribe to %s: %w", s.config.Topic, err)
		}
		if call.delivered || time.Since(began) > retry.DefaultMax {
			tries = 0
		}
		pause := retry.Backoff(s.config.Backoff).Delay(tries, err)
		s.interrupt(err, pause)
		if err := retry.Wait(ctx, pause); err != nil {
			return true, err
		}
	}
}

func (s *Subscriber) interrupt(err error, pause time.Duration) {
	s.interrupted, s.caughtUp = true, false
	if s.config.Observer.Interrupted != nil {
		s.config.Observer.Interrupted(err, pause)
	}
}
