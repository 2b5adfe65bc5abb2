package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"

	parley "github.com/parleyhq/parley/clients/go"
	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/rpcerror"

	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

// maxBatch is how many messages the contract lets one request have.
const maxBatch = 1000

var errTooMany = fmt.Errorf("--expected-last-sequence takes at most %d messages, which are stored together", maxBatch)

// compareAndAppend publishes all messages in one request, if the topic ends where the
// command line expects.
func (p *publication) compareAndAppend(ctx context.Context, connected *connect.Client) error {
	p.failed.allOrNone = true
	messages, err := p.readAll(ctx)
	if err != nil {
		p.failed.first = 1
		return err
	}
	if len(messages) == 0 {
		return nil
	}
	response, err := messagingv1connect.NewMessageServiceClient(connected).Publish(ctx, &messagingv1.PublishRequest{
		Topic: p.command.Topic, Messages: messages, ExpectedLastSequence: p.command.ExpectedLastSequence,
	})
	if err != nil {
		p.failed.first = 1
		if !parley.NothingStored(err) {
			p.failed.open, p.failed.openEnd = len(messages), p.last
		}
		return p.command.readOn(err)
	}
	p.sum.take(response.GetReceipt(), len(messages))
	return nil
}

func (p *publication) readAll(ctx context.Context) ([]*messagingv1.Message, error) {
	var messages []*messagingv1.Message
	for {
		line, err := p.in.next(ctx)
		if errors.Is(err, io.EOF) {
			return messages, nil
		}
		if err != nil {
			return nil, err
		}
		message, err := p.command.message(line)
		if err == nil && len(messages) == maxBatch {
			err = errTooMany
		}
		if err != nil {
			return nil, &lineError{unit: p.in.unit, number: line.Number, err: err}
		}
		if message != nil {
			messages, p.last = append(messages, message), line.Number
		}
	}
}

// readOn says of a mismatch where the topic ends now.
func (c *Command) readOn(err error) error {
	failure, ok := errors.AsType[*connect.Error](err)
	if !ok || rpcerror.ReasonOf(err) != errorv1.Reason_REASON_SEQUENCE_MISMATCH {
		return err
	}
	for _, detail := range failure.Details() {
		message, unmarshalErr := connectproto.UnmarshalErrorDetail(detail)
		if mismatch, ok := message.(*messagingv1.CursorMismatch); ok && unmarshalErr == nil {
			return c.wayOn(err, mismatch.GetActualLastSequence())
		}
	}
	return err
}

// wayOn adds what to do where a topic ends elsewhere than expected.
func (c *Command) wayOn(err error, last uint64) error {
	expected := *c.ExpectedLastSequence
	if last <= expected {
		return err
	}
	return outcome.WithHint(err, "Read what came since, and decide again: "+
		c.CommandLine("subscribe", c.Topic, "--from", strconv.FormatUint(expected+1, 10), "--stop-at-head"))
}
