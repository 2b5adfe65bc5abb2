package feed

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

const subject = "bench"

// natsFeed is a subject of core NATS, over nats.go and its defaults.
type natsFeed struct {
	*group

	conns  []*nats.Conn // the first is that of publishers
	turn   int
	failed chan error
}

// OpenNATS is Open for core NATS. Nothing is stored.
func OpenNATS(ctx context.Context, url string, connections int) (Feed, error) {
	return dialNATS(ctx, url, connections)
}

func dialNATS(ctx context.Context, url string, connections int) (*natsFeed, error) {
	f := &natsFeed{group: newGroup(ctx), failed: make(chan error, 1)}
	f.Go(func() error {
		select {
		case err := <-f.failed:
			return err
		case <-f.ctx.Done():
			return f.ctx.Err()
		}
	})
	for range connections + 1 {
		conn, err := nats.Connect(url, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { f.fail(err) }))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("connect to %s: %w", url, err), f.Close())
		}
		f.conns = append(f.conns, conn)
	}
	return f, nil
}

// fail ends the feed with its first error, such as messages that nats.go dropped.
func (f *natsFeed) fail(err error) {
	select {
	case f.failed <- err:
	default:
	}
}

// next returns the connection of the next subscriber.
func (f *natsFeed) next() *nats.Conn {
	f.turn++
	return f.conns[1+f.turn%(len(f.conns)-1)]
}

// Subscribe implements Feed.
func (f *natsFeed) Subscribe(handle Handler) error {
	conn := f.next()
	if _, err := conn.Subscribe(subject, func(message *nats.Msg) { handle(message.Data) }); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return conn.Flush() // returns when the server has it
}

// SubscribeStalled implements Feed: core NATS has no such subscriber, it drops
// what is not taken.
func (f *natsFeed) SubscribeStalled() error { return errors.ErrUnsupported }

// Publisher implements Feed.
func (f *natsFeed) Publisher() (Publisher, error) { return natsPublisher{f.conns[0]}, nil }

// Close implements Feed.
func (f *natsFeed) Close() error {
	err := f.end()
	for _, conn := range f.conns {
		conn.Close()
	}
	return err
}

type natsPublisher struct{ conn *nats.Conn }

// Publish implements Publisher.
func (p natsPublisher) Publish(batch [][]byte) error {
	for _, payload := range batch {
		if err := p.conn.Publish(subject, payload); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	return nil
}

// Close implements Publisher. There are no acknowledgements.
func (p natsPublisher) Close() error { return p.conn.Flush() }
