package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"unicode/utf8"

	"connectrpc.com/connect/v2"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"

	"github.com/parleyhq/parley/cmd/parley/internal/lines"
)

// publisher publishes batch after batch and sums up the receipts. It keeps to the
// epoch of the first one: a topic created again meanwhile is another topic.
type publisher struct {
	command  *publishCmd
	client   messagingv1connect.MessageServiceClient
	progress *progress
	receipt  *messagingv1.StreamReceipt
	failed   []lines.Line // the batch whose call failed
}

func (p *publisher) run(ctx context.Context, next func(context.Context) ([]lines.Line, error)) error {
	for {
		batch, err := next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		res, err := p.client.Publish(ctx, &messagingv1.PublishRequest{
			Topic: p.command.Topic, Messages: p.messages(batch), ExpectedEpoch: p.receipt.GetEpoch(),
		})
		if err != nil {
			p.failed = batch
			return err
		}
		p.add(res.GetReceipt(), len(batch))
		p.progress.show(p.receipt.GetStoredMessages() + p.receipt.GetDuplicateMessages())
	}
}

func (p *publisher) messages(batch []lines.Line) []*messagingv1.Message {
	messages := make([]*messagingv1.Message, len(batch))
	for i, line := range batch {
		m := &messagingv1.Message{Key: p.command.Key, Attributes: p.command.Attribute}
		if p.command.IDPrefix != "" {
			m.Id = fmt.Sprintf("%s/%d", p.command.IDPrefix, line.Number)
		}
		if utf8.Valid(line.Text) {
			m.Payload = &messagingv1.Message_Text{Text: string(line.Text)}
		} else {
			m.Payload = &messagingv1.Message_Data{Data: line.Text}
		}
		messages[i] = m
	}
	return messages
}

func (p *publisher) add(r *messagingv1.Receipt, messages int) {
	sum := p.receipt
	if sum.GetFirstSequence() == 0 {
		sum.FirstSequence = r.GetFirstSequence()
	}
	if r.GetLastSequence() > 0 {
		sum.LastSequence = r.GetLastSequence()
	}
	if sum.GetStoredBatches() == 0 || r.GetDurability() < sum.GetDurability() {
		sum.Durability = r.GetDurability()
	}
	if r.GetCursor().GetSequence() >= sum.GetCursor().GetSequence() {
		sum.Cursor = r.GetCursor()
	}
	sum.Epoch = r.GetEpoch()
	sum.StoredBatches++
	sum.DuplicateMessages += uint64(len(r.GetDuplicates()))
	sum.StoredMessages += uint64(messages - len(r.GetDuplicates()))
}

// advice says what became of the failed batch and how to go on.
func (p *publisher) advice(err error) string {
	first, last := p.failed[0].Number, p.failed[len(p.failed)-1].Number
	what := fmt.Sprintf("messages %d to %d", first, last)
	if first == last {
		what = fmt.Sprintf("message %d", first)
	}
	dial, isNet := errors.AsType[*net.OpError](err)
	switch code := connect.CodeOf(err); {
	case isNet && dial.Op == "dial", // never sent
		code == connect.CodeInvalidArgument, code == connect.CodeNotFound, code == connect.CodeAborted,
		code == connect.CodePermissionDenied, code == connect.CodeUnauthenticated:
		return what + ": not stored, nor anything after"
	case p.command.IDPrefix != "":
		return what + ": perhaps stored, nothing after; run the same command again, it stores nothing twice"
	default:
		return what + ": perhaps stored, nothing after; use --id-prefix to make a retry safe, and look with: " +
			p.command.commandLine("subscribe", p.command.Topic, "--from", "last=10", "--stop-at-head")
	}
}
