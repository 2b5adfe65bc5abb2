package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"

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
	messages, err := p.readAll(ctx)
	if err != nil || len(messages) == 0 {
		return err
	}
	response, err := messagingv1connect.NewMessageServiceClient(connected).Publish(ctx, &messagingv1.PublishRequest{
		Topic: p.command.Topic, Messages: messages, ExpectedLastSequence: p.command.ExpectedLastSequence,
	})
	if err != nil {
		if perhapsStored(err) {
			p.failed = failure{first: 1, open: len(messages), openEnd: p.last}
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

// perhapsStored reports whether err leaves open what became of the request.
func perhapsStored(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return false
	}
	switch rpcerror.ReasonOf(err) {
	case errorv1.Reason_REASON_UNSPECIFIED, errorv1.Reason_REASON_STORE_UNAVAILABLE, errorv1.Reason_REASON_SERVER_DRAINING:
		return true
	default:
		return false
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
			return outcome.WithHint(err, c.wayOn(mismatch.GetActualLastSequence()))
		}
	}
	return err
}

// wayOn is what to do where a topic ends elsewhere than expected.
func (c *Command) wayOn(last uint64) string {
	hint := "Nothing is stored."
	if expected := *c.ExpectedLastSequence; last > expected {
		hint += " Read what came since, and decide again: " +
			c.CommandLine("subscribe", c.Topic, "--from", strconv.FormatUint(expected+1, 10), "--stop-at-head")
	}
	return hint
}
