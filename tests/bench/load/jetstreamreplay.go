package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// JetStreamReplay returns a load of one ordered consumer that reads a stream of
// so many messages of so many bytes from the first to the last, as often as there
// is time for, at least once. A stream that does not have them yet is filled
// first. Size and stream sequence of every message are checked. The server
// pushes: pulling, as the newer API does, was a third slower or more.
func JetStreamReplay(messages, size int) Load {
	name := fmt.Sprintf("replay-%d-%d", messages, size)
	return func(ctx context.Context, url string, duration time.Duration) (Result, error) {
		js, err := jetStream(url)
		if err != nil {
			return Result{}, err
		}
		defer js.Conn().Close()
		if err := fillStream(ctx, js, name, messages, size); err != nil {
			return Result{}, fmt.Errorf("fill the stream: %w", err)
		}
		result := Result{}
		start := time.Now()
		for result.Operations == 0 || time.Since(start) < duration {
			if err := consumeAll(ctx, js, name, newCount(messages, size)); err != nil {
				return result, err
			}
			result.Operations += messages
		}
		result.Elapsed = time.Since(start)
		return result, nil
	}
}

func fillStream(ctx context.Context, js jetstream.JetStream, name string, messages, size int) error {
	stream, err := js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = createStream(ctx, js, name)
	}
	if err != nil {
		return err
	}
	data := NewPayload(size)
	for left := messages - int(stream.CachedInfo().State.Msgs); left > 0; left-- {
		if _, err := js.PublishAsync(name, data.Next(), jetstream.WithStallWait(10*time.Second)); err != nil {
			return err
		}
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-ctx.Done():
		return ctx.Err()
	}
	if stream, err = js.Stream(ctx, name); err != nil {
		return err
	}
	if got := stream.CachedInfo().State.Msgs; got != uint64(messages) {
		return fmt.Errorf("%w: %d of %d messages", errStored, got, messages)
	}
	return nil
}

// count expects messages in the order of their sequences. Only the goroutine of
// the consumer uses it.
type count struct {
	next, last uint64
	size       int
	done       chan error
}

func newCount(messages, size int) *count {
	return &count{next: 1, last: uint64(messages), size: size, done: make(chan error, 1)}
}

func (c *count) take(sequence uint64, data []byte) {
	if c.next > c.last {
		return
	}
	if sequence != c.next || len(data) != c.size {
		c.next = c.last + 1
		c.done <- wrongAnswer(fmt.Sprintf("sequence %d, %d bytes", sequence, len(data)))
		return
	}
	if c.next++; c.next > c.last {
		c.done <- nil
	}
}

func (c *count) wait(ctx context.Context) error {
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func consumeAll(ctx context.Context, js jetstream.JetStream, stream string, count *count) error {
	legacy, err := js.Conn().JetStream()
	if err != nil {
		return err
	}
	subscription, err := legacy.Subscribe(stream, func(message *nats.Msg) {
		if meta, err := message.Metadata(); err == nil {
			count.take(meta.Sequence.Stream, message.Data)
		} else {
			count.take(0, nil)
		}
	}, nats.OrderedConsumer())
	if err != nil {
		return err
	}
	return errors.Join(count.wait(ctx), subscription.Unsubscribe())
}
