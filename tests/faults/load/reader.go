package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/tests/faults/ledger"
)

// reader follows the topic from its beginning and resumes after its cursor when
// a stream breaks. It journals what it was given before it goes on.
type reader struct {
	name      string
	topic     string
	endpoints []Endpoint
	rng       *rand.Rand
	journal   *ledger.Journal
	cursor    *messagingv1.Cursor
	ending    atomic.Bool
}

// run follows until finish is closed, then reads up to the topic's end.
func (r *reader) run(ctx context.Context, finish <-chan struct{}) error {
	live, stop := context.WithCancel(ctx)
	defer stop()
	release := context.AfterFunc(ctx, stop)
	defer release()
	go func() {
		select {
		case <-finish:
			r.ending.Store(true)
			stop()
		case <-live.Done():
		}
	}()
	for !r.ending.Load() {
		if err := r.follow(live, false); err != nil && !r.ending.Load() {
			if err := retry(live, r.rng, r.once(err)); err != nil && !r.ending.Load() {
				return fmt.Errorf("%s: %w", r.name, err)
			}
		}
	}
	if err := retry(ctx, r.rng, func(ctx context.Context) error { return r.follow(ctx, true) }); err != nil {
		return fmt.Errorf("%s at its end: %w", r.name, err)
	}
	return nil
}

// once returns a try that fails with err the first time: it makes retry judge
// the error and pause.
func (r *reader) once(err error) func(context.Context) error {
	return func(context.Context) error {
		defer func() { err = nil }()
		return err
	}
}

// follow reads one stream to its end; to the topic's end if told so.
func (r *reader) follow(ctx context.Context, toHead bool) error {
	endpoint := r.endpoints[r.rng.IntN(len(r.endpoints))]
	request := &messagingv1.SubscribeRequest{Topic: r.topic, StopAtHead: toHead, HeartbeatInterval: durationpb.New(5 * time.Second)}
	if r.cursor != nil {
		request.Start = &messagingv1.Start{Position: &messagingv1.Start_After{After: r.cursor}}
	}
	if endpoint.Duplex && !toHead && r.rng.IntN(2) == 0 {
		return r.followExchange(ctx, endpoint, request)
	}
	stream, err := endpoint.Messages.Subscribe(ctx, request)
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) && toHead {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: Subscribe ended with OK", errUnexpected)
		}
		if err != nil {
			return err
		}
		if err := r.take(res.GetGap(), res.GetMessages(), res.GetCursor(), "Subscribe "+endpoint.Name); err != nil {
			return err
		}
	}
}

func (r *reader) followExchange(ctx context.Context, endpoint Endpoint, request *messagingv1.SubscribeRequest) error {
	stream, err := endpoint.Messages.Exchange(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	err = stream.Send(&messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Subscribe{
		Subscribe: &messagingv1.SubscribeCommand{SubscriptionId: 1, Request: request},
	}})
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: Exchange ended with OK", errUnexpected)
		}
		if err != nil {
			return err
		}
		delivery := res.GetDelivery()
		if delivery == nil {
			continue // a heartbeat
		}
		if end := delivery.GetEnd(); end != nil {
			if passing(end.GetError().GetReason()) {
				return fmt.Errorf("subscription ended: %v", end.GetError())
			}
			return fmt.Errorf("%w: subscription ended: %v", errUnexpected, end.GetError())
		}
		if err := r.take(delivery.GetGap(), delivery.GetMessages(), delivery.GetCursor(), "Exchange "+endpoint.Name); err != nil {
			return err
		}
	}
}

// take journals messages and moves the cursor. Nothing removes messages here, so
// a gap is unexpected.
func (r *reader) take(gap *messagingv1.Gap, messages []*messagingv1.Message, cursor *messagingv1.Cursor, via string) error {
	if gap != nil || cursor == nil {
		return fmt.Errorf("%w: gap %v, cursor %v", errUnexpected, gap, cursor)
	}
	if len(messages) > 0 {
		entry := ledger.Entry{Via: via}
		for _, message := range messages {
			entry.Seen = append(entry.Seen, ledger.Place{ID: message.GetId(), Sequence: message.GetSequence()})
		}
		if err := r.journal.Append(entry); err != nil {
			return err
		}
	}
	r.cursor = cursor
	return nil
}
