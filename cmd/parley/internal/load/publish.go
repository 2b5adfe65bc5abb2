package load

import (
	"context"
	"fmt"
	"time"

	"connectrpc.com/connect/v2"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
)

func (r *run) messages() messagingv1connect.MessageServiceClient {
	return messagingv1connect.NewMessageServiceClient(r.Client)
}

// batch returns a request with so many messages that say the same.
func (r *run) batch(count int, key, text string) *messagingv1.PublishRequest {
	req := &messagingv1.PublishRequest{Topic: r.Topic, Messages: make([]*messagingv1.Message, count)}
	for i := range count {
		req.Messages[i] = &messagingv1.Message{Key: key, Payload: &messagingv1.Message_Text{Text: text}}
	}
	return req
}

func checkReceipt(receipt *messagingv1.Receipt, messages int) error {
	if stored := receipt.GetLastSequence() - receipt.GetFirstSequence() + 1; stored != uint64(messages) || receipt.GetFirstSequence() == 0 {
		return fmt.Errorf("%w: a receipt of sequences %d to %d for %d messages", errAnswer, receipt.GetFirstSequence(), receipt.GetLastSequence(), messages)
	}
	return nil
}

func (r *run) publish() {
	client, req := r.messages(), r.batch(r.Batch, "", r.text())
	r.callers(r.Concurrency, func() error {
		begin := time.Now()
		res, err := client.Publish(r.ctx, req)
		if err == nil {
			err = checkReceipt(res.GetReceipt(), r.Batch)
		}
		if err != nil {
			return err
		}
		now := time.Now()
		r.took(now, now.Sub(begin))
		r.answered(now, r.Batch, r.Batch*r.Size)
		return nil
	})
}

func (r *run) exchange() {
	req := r.batch(r.Batch, "", r.text())
	r.callers(r.Concurrency, func() error {
		return r.publishOn(r.ctx, r.Batch, func() *messagingv1.PublishRequest { return req })
	})
}

// publishOn publishes batches on one Exchange until the time is up. Each counts as
// so many messages.
func (r *run) publishOn(ctx context.Context, messages int, next func() *messagingv1.PublishRequest) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := r.messages().Exchange(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	if err := stream.SendHeaders(); err != nil { // nothing can be received before
		return err
	}
	var number uint64
	return r.pump(ctx, cancel, pipe{
		send: func() error {
			number++
			return stream.Send(&messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Publish{
				Publish: &messagingv1.PublishCommand{CorrelationId: number, Request: next()},
			}})
		},
		closeSend: stream.CloseSend,
		receive:   func() error { return nextResult(stream, r.Batch) },
	}, messages)
}

// nextResult waits for the next result and returns its error.
func nextResult(stream messagingv1connect.MessageServiceExchangeClientStream, messages int) error {
	for {
		res, err := stream.Receive()
		if err != nil {
			return err
		}
		result := res.GetResult()
		switch {
		case result == nil: // a heartbeat
		case result.GetError() != nil:
			return refusal{connect.NewError(connect.Code(result.GetError().GetCode()), result.GetError().GetMessage())}
		default:
			return checkReceipt(result.GetReceipt(), messages)
		}
	}
}
