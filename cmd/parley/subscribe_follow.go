package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/client"

	"github.com/parleyhq/parley/cmd/parley/internal/position"
)

const (
	firstPause       = 100 * time.Millisecond
	longestPause     = 5 * time.Second
	defaultHeartbeat = 15 * time.Second
)

// errSilent: the server has sent nothing for twice the heartbeat interval.
var errSilent = errors.New("the server has fallen silent")

// subscription follows a topic over as many streams as it takes.
type subscription struct {
	client  messagingv1connect.MessageServiceClient
	request *messagingv1.SubscribeRequest
	deliver func(*messagingv1.SubscribeResponse) error
	notice  func(string)

	cursor *messagingv1.Cursor // after what was delivered; nil before the first response
	broken bool                // a stream broke, and none has delivered since
}

// follow delivers until the head is reached, ctx ends, or an error comes that
// another try would only repeat. A first stream that brings no response is not
// tried again: most likely the address is wrong.
func (s *subscription) follow(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		before := s.cursor
		err := s.stream(ctx)
		if err == nil || ctx.Err() != nil || s.cursor == nil || !resumable(err) {
			return err
		}
		if s.cursor != before {
			attempt = 0
		}
		if !s.broken {
			s.notice(fmt.Sprintf("the stream has ended (%s); going on after sequence %d as soon as possible", client.Explain(err).Message, s.cursor.GetSequence()))
			s.broken = true
		}
		s.request.Start = position.After(s.cursor)
		if err := pause(ctx, attempt, err); err != nil {
			return err
		}
	}
}

// stream delivers from one call.
func (s *subscription) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stream, err := s.client.Subscribe(ctx, s.request)
	if err != nil {
		return err
	}
	defer stream.Close()
	patience := 2 * defaultHeartbeat
	silence := time.AfterFunc(patience, func() { cancel(errSilent) })
	defer silence.Stop()
	for {
		res, err := stream.Receive()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && errors.Is(context.Cause(ctx), errSilent):
			return errSilent
		case err != nil:
			return err
		}
		if interval := res.GetHeartbeatInterval(); interval != nil {
			patience = 2 * interval.AsDuration()
		}
		silence.Stop() // printing may take as long as it likes
		if err := s.deliver(res); err != nil {
			return err
		}
		silence.Reset(patience)
		s.advance(res)
	}
}

// advance notes how far the subscription has come.
func (s *subscription) advance(res *messagingv1.SubscribeResponse) {
	if res.GetCursor() != nil {
		s.cursor = res.GetCursor()
	}
	if s.broken {
		s.notice("connected again")
		s.broken = false
	}
}

// resumable reports whether a new stream may go on where this one broke. A token
// is read anew for every call.
func resumable(err error) bool {
	retryable, _ := client.Retryable(err)
	return retryable || errors.Is(err, errSilent) ||
		client.Explain(err).Reason == reasonName(errorv1.Reason_REASON_TOKEN_EXPIRED)
}

// pause waits before the next attempt: as long as the server asks, or a random
// time that grows with each attempt.
func pause(ctx context.Context, attempt int, cause error) error {
	limit := min(firstPause<<min(attempt, 10), longestPause)
	wait := limit/2 + rand.N(limit/2) //nolint:gosec // jitter
	if _, asked := client.Retryable(cause); asked > 0 && attempt == 0 {
		wait = asked + rand.N(asked/2+1) //nolint:gosec // jitter: not all at once
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func reasonName(reason errorv1.Reason) string { return reason.String()[len("REASON_"):] }
