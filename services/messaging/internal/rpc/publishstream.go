package rpc

import (
	"context"
	"errors"
	"io"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/platform/wire"
	"github.com/parleyhq/parley/services/messaging/internal/batch"
	"github.com/parleyhq/parley/services/messaging/internal/ingest"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/translate"
)

// PublishStream implements the RPC of the same name. What comes is appended
// while more is being read; the first failure ends both.
func (m *Messages) PublishStream(ctx context.Context, stream messagingv1connect.MessageServicePublishStreamServerStream) (*messagingv1.PublishStreamResponse, error) {
	p := &publishStream{ctx: ctx, store: m.Source.Store}
	p.appender = ingest.NewAppender(ctx, m.Source.Store, p.fail)
	err := p.readAll(stream)
	p.appender.Close()
	if p.failed != nil { // it came first, and may be why reading ended
		err = p.failed
	}
	if err != nil {
		return nil, rpcerror.Lead(rpcerror.From(err), p.receipt())
	}
	return &messagingv1.PublishStreamResponse{Receipt: p.receipt()}, nil
}

// publishStream is one call.
type publishStream struct {
	ctx      context.Context //nolint:containedctx // of this call
	store    store.Store
	appender *ingest.Appender
	topic    string
	epoch    string // of the topic, from the first batch on
	expected string // by the client

	// Until the appender is closed these are its goroutine's.
	sum    translate.StreamSum
	failed error // the first failure of an append
}

func (p *publishStream) readAll(stream messagingv1connect.MessageServicePublishStreamServerStream) error {
	for first := true; ; first = false {
		req, err := stream.Receive()
		switch {
		case errors.Is(err, io.EOF) && first:
			return translate.Status(&translate.InvalidFieldError{Path: "topic", Rule: "stream.empty", Text: "the stream has no request"})
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if first {
			err = p.bind(req)
		} else {
			err = p.check(req)
		}
		if err == nil {
			err = p.add(req)
		}
		if err != nil {
			return translate.Status(err)
		}
	}
}

// bind takes the topic of the first batch, in the epoch it has now.
func (p *publishStream) bind(req *messagingv1.PublishStreamRequest) error {
	if req.GetTopic() == "" {
		return &translate.InvalidFieldError{Path: "topic", Rule: "stream.topic", Text: "the first request must name the topic"}
	}
	topic, err := p.store.GetTopic(p.ctx, req.GetTopic())
	if err != nil {
		return err
	}
	p.topic, p.epoch, p.expected = topic.Name, topic.Epoch, req.GetExpectedEpoch()
	if p.expected != "" && p.expected != p.epoch {
		return &store.MismatchError{EpochDiffers: true, Actual: store.Cursor{Epoch: topic.Epoch, Sequence: topic.Last}}
	}
	return nil
}

// check refuses a later batch that says something else than the first.
func (p *publishStream) check(req *messagingv1.PublishStreamRequest) error {
	if req.GetTopic() != "" && req.GetTopic() != p.topic {
		return &translate.InvalidFieldError{Path: "topic", Rule: "stream.topic", Text: "differs from the first request's"}
	}
	if req.GetExpectedEpoch() != "" && req.GetExpectedEpoch() != p.expected {
		return &translate.InvalidFieldError{Path: "expected_epoch", Rule: "stream.expected_epoch", Text: "differs from the first request's"}
	}
	return nil
}

func (p *publishStream) add(req *messagingv1.PublishStreamRequest) error {
	messages, err := batch.Messages(req)
	if err != nil {
		return err
	}
	return p.appender.Add(ingest.Batch{
		AppendRequest: store.AppendRequest{Topic: p.topic, Messages: messages, ExpectedEpoch: p.epoch},
		Stop:          true,
		Done:          func(receipt store.Receipt, err error) { p.settle(len(messages), receipt, err) },
	})
}

// settle notes the outcome of a batch. The first failure also ends reading.
func (p *publishStream) settle(messages int, receipt store.Receipt, err error) {
	if p.failed != nil {
		return
	}
	if err == nil {
		p.sum.Add(messages, receipt)
		return
	}
	if _, ok := errors.AsType[*store.MismatchError](err); ok {
		err = store.ErrTopicNotFound // the epoch bound to is gone: the topic was deleted
	}
	p.fail(translate.Status(err))
}

func (p *publishStream) fail(err error) {
	if p.failed == nil {
		p.failed = err
	}
	wire.EndReading(p.ctx)
}

func (p *publishStream) receipt() *messagingv1.StreamReceipt { return p.sum.Receipt() }
