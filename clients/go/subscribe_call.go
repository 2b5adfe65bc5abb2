package parley

import (
	"context"
	"errors"
	"io"

	"google.golang.org/protobuf/types/known/durationpb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/retry"

	"github.com/parleyhq/parley/clients/go/internal/continuity"
)

// subscribeCall is one Subscribe of a Subscriber.
type subscribeCall struct {
	*Subscriber

	handle func(Batch) bool

	responses int
	delivered bool // anything but heartbeats
	stopped   bool // the loop was left
}

// run delivers until the call ends, for whatever reason.
func (c *subscribeCall) run(ctx context.Context) error {
	ctx, watchdog := retry.Watch(ctx, c.config.HeartbeatInterval)
	defer watchdog.End()
	request := c.request()
	checker := continuity.Checker{Filtered: len(request.GetKeys()) > 0}
	checker.StartAt(request.GetStart())
	stream, err := c.messages.Subscribe(ctx, request)
	if err != nil {
		return retry.Cause(ctx, err)
	}
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) && c.config.StopAtHead {
			return nil
		}
		if errors.Is(err, io.EOF) { // nobody asked for an end
			return retry.ErrEnded
		}
		if err != nil {
			return retry.Cause(ctx, err)
		}
		if err := checker.Check(res); err != nil {
			return err
		}
		watchdog.Interval(res.GetHeartbeatInterval().AsDuration())
		watchdog.Stop() // handling may take as long as it likes
		if !c.take(res) {
			c.stopped = true
			return nil
		}
		watchdog.Feed()
	}
}

func (c *subscribeCall) request() *messagingv1.SubscribeRequest {
	request := &messagingv1.SubscribeRequest{
		Topic: c.config.Topic, Start: c.config.Start, Keys: c.config.Keys, StopAtHead: c.config.StopAtHead,
	}
	if c.config.HeartbeatInterval != 0 {
		request.HeartbeatInterval = durationpb.New(c.config.HeartbeatInterval)
	}
	if cursor := c.Cursor(); cursor != nil {
		request.Start = After(cursor)
	}
	return request
}

// take handles one response. It reports whether the loop wants more.
func (c *subscribeCall) take(res *messagingv1.SubscribeResponse) bool {
	c.responses++
	if c.interrupted {
		c.interrupted = false
		if c.config.Observer.Resumed != nil {
			c.config.Observer.Resumed()
		}
	}
	batch := Batch{
		Gap: res.GetGap(), Messages: res.GetMessages(),
		Cursor: res.GetCursor(), LastSequence: res.GetLastSequence(),
	}
	c.delivered = c.delivered || batch.Gap != nil || len(batch.Messages) > 0
	if !c.handle(batch) {
		return false
	}
	if !c.caughtUp && batch.Cursor.GetSequence() >= batch.LastSequence {
		c.caughtUp = true
		if c.config.Observer.CaughtUp != nil {
			c.config.Observer.CaughtUp()
		}
	}
	return true
}
