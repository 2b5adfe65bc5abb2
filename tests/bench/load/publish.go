package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
)

// Publish returns a load of so many grpc-go callers that publish one message at
// a time by unary calls.
func Publish(size, callers int) Load {
	data := NewPayload(size)
	return onTopic(func(ctx context.Context, conn *grpc.ClientConn, topic string, duration time.Duration) (Result, error) {
		return Repeat(ctx, duration, callers, func(ctx context.Context) error {
			req := &messagingv1.PublishRequest{Topic: topic, Messages: frame(data, 1)}
			res := new(messagingv1.PublishResponse)
			if err := conn.Invoke(ctx, messagingv1connect.MessageServicePublishProcedure, req, res); err != nil {
				return err
			}
			return synced(res.GetReceipt(), 1)
		})
	})
}

// PublishStream returns a load that publishes on one client stream, so many
// messages in a frame, until the time is up; then it waits for the receipt. HTTP/2's
// flow control alone bounds what is on its way. There is nothing to take the
// latency of.
func PublishStream(size, batch int) Load {
	data := NewPayload(size)
	return onTopic(func(ctx context.Context, conn *grpc.ClientConn, topic string, duration time.Duration) (Result, error) {
		start := time.Now()
		stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true}, messagingv1connect.MessageServicePublishStreamProcedure)
		if err != nil {
			return Result{}, err
		}
		sent := 0
		for ; sent == 0 || time.Since(start) < duration && sent*size < maxBytes; sent += batch {
			err := stream.SendMsg(&messagingv1.PublishStreamRequest{Topic: topic, Messages: frame(data, batch)})
			if errors.Is(err, io.EOF) {
				break // the answer says why
			}
			if err != nil {
				return Result{}, err
			}
		}
		if err := stream.CloseSend(); err != nil {
			return Result{}, err
		}
		res := new(messagingv1.PublishStreamResponse)
		if err := stream.RecvMsg(res); err != nil {
			return Result{}, err
		}
		receipt := res.GetReceipt()
		if receipt.GetDurability() != messagingv1.Durability_DURABILITY_SYNCED || receipt.GetStoredMessages() != uint64(sent) {
			return Result{}, wrongAnswer(receipt.String())
		}
		return Result{Operations: sent, Elapsed: time.Since(start)}, nil
	})
}

// Exchange returns a load that publishes on one bidirectional stream: so many
// messages in a frame, so many frames ahead of their receipts. Latency is that of
// a frame.
func Exchange(size, batch, inFlight int) Load {
	data := NewPayload(size)
	return onTopic(func(ctx context.Context, conn *grpc.ClientConn, topic string, duration time.Duration) (Result, error) {
		publish := func(ctx context.Context, until time.Time) ([]time.Duration, error) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true},
				messagingv1connect.MessageServiceExchangeProcedure)
			if err != nil {
				return nil, err
			}
			// A place in sent is a frame on its way; results come in the order sent.
			sent := make(chan time.Time, inFlight)
			sending := make(chan error, 1)
			go func() {
				sending <- sendFrames(ctx, stream, sent, func(id uint64) *messagingv1.ExchangeRequest {
					if id > 1 && (time.Now().After(until) || id*uint64(batch*size) > maxBytes) {
						return nil
					}
					return publishCommand(id, topic, frame(data, batch))
				})
			}()
			latencies, err := receipts(stream, sent, uint64(batch))
			cancel()
			if sendErr := <-sending; err == nil {
				err = sendErr // after another error it says only that the stream has ended
			}
			return latencies, err
		}
		result, err := together(ctx, duration, []worker{publish})
		return result.of(batch), err
	})
}

func publishCommand(id uint64, topic string, messages []*messagingv1.Message) *messagingv1.ExchangeRequest {
	return &messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Publish{Publish: &messagingv1.PublishCommand{
		CorrelationId: id,
		Request:       &messagingv1.PublishRequest{Topic: topic, Messages: messages},
	}}}
}

// sendFrames sends what next returns until that is nil, then half-closes.
func sendFrames(ctx context.Context, stream grpc.ClientStream, sent chan<- time.Time, next func(id uint64) *messagingv1.ExchangeRequest) error {
	for id := uint64(1); ; id++ {
		req := next(id)
		if req == nil {
			return stream.CloseSend()
		}
		select {
		case sent <- time.Now():
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := stream.SendMsg(req); err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
}

// receipts takes the results of all frames until the end of the stream.
func receipts(stream grpc.ClientStream, sent <-chan time.Time, batch uint64) ([]time.Duration, error) {
	var latencies []time.Duration
	for {
		res := new(messagingv1.ExchangeResponse)
		err := stream.RecvMsg(res)
		if errors.Is(err, io.EOF) {
			return latencies, nil
		}
		if err != nil {
			return latencies, err
		}
		result := res.GetResult()
		if result == nil {
			continue // a heartbeat
		}
		if result.GetCorrelationId() != uint64(len(latencies)+1) {
			return latencies, wrongAnswer(result.String())
		}
		if err := synced(result.GetReceipt(), batch); err != nil {
			return latencies, err
		}
		latencies = append(latencies, time.Since(<-sent))
	}
}

// synced checks that a receipt acknowledges so many new messages on disk.
func synced(receipt *messagingv1.Receipt, messages uint64) error {
	if receipt.GetDurability() != messagingv1.Durability_DURABILITY_SYNCED ||
		receipt.GetLastSequence()-receipt.GetFirstSequence()+1 != messages {
		return wrongAnswer(receipt.String())
	}
	return nil
}
