package feed

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"
)

// Handler gets each message that a subscriber receives, by one goroutine for
// each subscriber. The payload is valid during the call.
type Handler func(payload []byte)

// Feed is one feed of messages of a server: what is published to it, every
// subscriber gets. Its methods are for one goroutine.
type Feed interface {
	// Subscribe starts a subscriber to what is published from now on, and
	// returns when it is in place. Subscribers share the feed's connections in
	// turn.
	Subscribe(handle Handler) error
	// SubscribeStalled starts a subscriber that takes what comes so slowly that it
	// falls ever further behind.
	SubscribeStalled() error
	// Publisher starts a publisher, on a connection of its own.
	Publisher() (Publisher, error)
	// Context ends when something of the feed has failed.
	Context() context.Context
	// Close ends everything and returns what has failed. Publishers must have been
	// closed, or have failed.
	Close() error
}

// Publisher publishes to a feed. It is for one goroutine.
type Publisher interface {
	// Publish hands over a batch, which it may keep, and waits only while too much
	// is not acknowledged yet. A server without batches gets message after message.
	Publish(batch [][]byte) error
	// Close waits until everything is acknowledged.
	Close() error
}

// Open connects to the feed of the server at a URL, by so many connections for
// subscribers.
type Open func(ctx context.Context, url string, connections int) (Feed, error)

// group owns the goroutines of a feed.
type group struct {
	*errgroup.Group

	ctx  context.Context //nolint:containedctx // that of the goroutines
	stop context.CancelFunc
}

func newGroup(ctx context.Context) *group {
	ctx, stop := context.WithCancel(ctx)
	running, ctx := errgroup.WithContext(ctx)
	return &group{Group: running, ctx: ctx, stop: stop}
}

// Context implements Feed.
func (g *group) Context() context.Context { return g.ctx }

// end stops the goroutines and returns why one of them ended before.
func (g *group) end() error {
	ended := g.ctx.Err() != nil
	g.stop()
	err := g.Wait()
	if !ended && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
