package feed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// jetFeed is a stream of JetStream in files.
type jetFeed struct{ *natsFeed }

// OpenJetStream is Open for JetStream: ordered consumers, and a publisher that
// does not wait for each acknowledgement.
func OpenJetStream(ctx context.Context, url string, connections int) (Feed, error) {
	f, err := dialNATS(ctx, url, connections)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(f.conns[0])
	if err == nil {
		_, err = js.CreateStream(f.ctx, jetstream.StreamConfig{Name: subject, Subjects: []string{subject}, Storage: jetstream.FileStorage})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create a stream: %w", err), f.Close())
	}
	return jetFeed{f}, nil
}

func (f jetFeed) consumer() (jetstream.Consumer, error) {
	js, err := jetstream.New(f.next())
	if err != nil {
		return nil, fmt.Errorf("use JetStream: %w", err)
	}
	consumer, err := js.OrderedConsumer(f.ctx, subject, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverNewPolicy})
	if err != nil {
		return nil, fmt.Errorf("create a consumer: %w", err)
	}
	return consumer, nil
}

// Subscribe implements Feed, by an ordered consumer.
func (f jetFeed) Subscribe(handle Handler) error {
	consumer, err := f.consumer()
	if err != nil {
		return err
	}
	consuming, err := consumer.Consume(func(message jetstream.Msg) { handle(message.Data()) })
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	f.until(consuming.Stop)
	return nil
}

// SubscribeStalled implements Feed: nats.go asks for messages, and nobody takes
// them.
func (f jetFeed) SubscribeStalled() error {
	consumer, err := f.consumer()
	if err != nil {
		return err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	f.until(messages.Stop)
	return nil
}

// until stops something at the end of the feed.
func (f jetFeed) until(stop func()) {
	f.Go(func() error {
		<-f.ctx.Done()
		stop()
		return f.ctx.Err()
	})
}

// Publisher implements Feed.
func (f jetFeed) Publisher() (Publisher, error) {
	js, err := jetstream.New(f.conns[0], jetstream.WithPublishAsyncMaxPending(4096),
		jetstream.WithPublishAsyncErrHandler(func(_ jetstream.JetStream, _ *nats.Msg, err error) { f.fail(err) }))
	if err != nil {
		return nil, fmt.Errorf("use JetStream: %w", err)
	}
	return jetPublisher{js, f.ctx}, nil
}

type jetPublisher struct {
	js  jetstream.JetStream
	ctx context.Context //nolint:containedctx // that of the feed
}

// Publish implements Publisher.
func (p jetPublisher) Publish(batch [][]byte) error {
	for _, payload := range batch {
		if _, err := p.js.PublishAsync(subject, payload, jetstream.WithStallWait(10*time.Second)); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	return nil
}

// Close implements Publisher.
func (p jetPublisher) Close() error {
	select {
	case <-p.js.PublishAsyncComplete():
		return nil
	case <-p.ctx.Done():
		return context.Cause(p.ctx)
	}
}
