package feed

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// maxBatches is how many batches of a publisher are not acknowledged at a time.
const maxBatches = 512

// Exchange publishes over one Exchange stream. Each batch is one publish, and is
// acknowledged when it is synced.
type Exchange struct {
	feed   *Parley
	stream grpc.ClientStream
	number uint64
	room   chan struct{}
	done   chan error
}

// Publisher implements Feed.
func (p *Parley) Publisher() (Publisher, error) { return p.Exchange() }

// Exchange starts a publisher to any topic.
func (p *Parley) Exchange() (*Exchange, error) {
	stream, err := p.conns[0].NewStream(p.ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, exchangeMethod)
	if err != nil {
		return nil, fmt.Errorf("open an exchange: %w", err)
	}
	e := &Exchange{feed: p, stream: stream, room: make(chan struct{}, maxBatches), done: make(chan error, 1)}
	p.Go(func() error {
		err := e.results()
		e.done <- err
		return err
	})
	return e, nil
}

// Publish implements Publisher.
func (e *Exchange) Publish(batch [][]byte) error { return e.PublishTo(e.feed.topic, batch) }

// PublishTo publishes to a topic.
func (e *Exchange) PublishTo(topic string, batch [][]byte) error {
	select {
	case e.room <- struct{}{}:
	case <-e.feed.ctx.Done():
		return context.Cause(e.feed.ctx)
	}
	e.number++
	err := e.stream.SendMsg(&messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Publish{
		Publish: &messagingv1.PublishCommand{CorrelationId: e.number, Request: request(topic, batch)},
	}})
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// Close implements Publisher.
func (e *Exchange) Close() error {
	return errors.Join(e.stream.CloseSend(), <-e.done)
}

// results takes the results until the server has sent the last one.
func (e *Exchange) results() error {
	for number := uint64(1); ; {
		res := new(messagingv1.ExchangeResponse)
		err := e.stream.RecvMsg(res)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case e.feed.ctx.Err() != nil:
			return e.feed.ctx.Err()
		case err != nil:
			return fmt.Errorf("receive a result: %w", err)
		}
		result := res.GetResult()
		if result == nil {
			continue
		}
		if refused := result.GetError(); refused != nil || result.GetCorrelationId() != number {
			return fmt.Errorf("publish %d: %w: %v", number, errPayload, refused)
		}
		number++
		<-e.room
	}
}
