package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/grpc"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"

	"github.com/parleyhq/parley/tests/bench/scan"
)

// fillBatch is how many messages one publish of a filling has. Small enough that
// some share a record and some do not.
const fillBatch = 256

// reading reads a topic to its head, and passes each message to a function.
type reading func(ctx context.Context, conn *grpc.ClientConn, url string, req *messagingv1.SubscribeRequest, take scan.Messages) error

// Replay returns a load of one grpc-go subscriber that reads so many messages of
// so many bytes from the first to the last, as often as there is time for, at
// least once. A topic that does not have them yet is filled first: the warm-up
// does that. Every message is decoded, and its sequence and size are checked.
func Replay(messages, size int) Load { return replay(messages, size, subscribeGRPC) }

// ReplayInPlace is Replay without generated messages: each is read where it lies in
// its response.
func ReplayInPlace(messages, size int) Load { return replay(messages, size, subscribeInPlace) }

// ReplayConnect is Replay with Connect's generated client, in binary or in JSON.
func ReplayConnect(messages, size int, json bool) Load {
	return replay(messages, size, subscribeConnect(json))
}

func replay(messages, size int, read reading) Load {
	topic := fmt.Sprintf("replay-%d-%d", messages, size)
	return func(ctx context.Context, url string, duration time.Duration) (Result, error) {
		conn, err := dial(url)
		if err != nil {
			return Result{}, err
		}
		defer conn.Close()
		if err := fill(ctx, conn, topic, messages, size); err != nil {
			return Result{}, fmt.Errorf("fill the topic: %w", err)
		}
		result := Result{}
		start := time.Now()
		for result.Operations == 0 || time.Since(start) < duration {
			next := uint64(1)
			req := &messagingv1.SubscribeRequest{Topic: topic, StopAtHead: true}
			err := read(ctx, conn, url, req, func(sequence uint64, data []byte) error {
				if sequence != next || len(data) != size {
					return wrongAnswer(fmt.Sprintf("message %d of %d bytes", sequence, len(data)))
				}
				next++
				return nil
			})
			if err == nil && next != uint64(messages)+1 {
				err = fmt.Errorf("%w: %d messages, want %d", errAnswer, next-1, messages)
			}
			if err != nil {
				return result, err
			}
			result.Operations += messages
		}
		result.Elapsed = time.Since(start)
		return result, nil
	}
}

// fill publishes what a topic lacks.
func fill(ctx context.Context, conn *grpc.ClientConn, topic string, messages, size int) error {
	if err := createTopic(ctx, conn, topic); err != nil { // equal: no change
		return err
	}
	stored, err := topicMessages(ctx, conn, topic)
	if err != nil {
		return err
	}
	data := NewPayload(size)
	for left := messages - int(stored); left > 0; left -= fillBatch {
		req := &messagingv1.PublishRequest{Topic: topic, Messages: frame(data, min(left, fillBatch))}
		if err := conn.Invoke(ctx, messagingv1connect.MessageServicePublishProcedure, req, new(messagingv1.PublishResponse)); err != nil {
			return err
		}
	}
	return nil
}

func subscribeGRPC(ctx context.Context, conn *grpc.ClientConn, _ string, req *messagingv1.SubscribeRequest, take scan.Messages) error {
	return subscribeTo(ctx, conn, req, func(stream grpc.ClientStream) error {
		res := new(messagingv1.SubscribeResponse)
		if err := stream.RecvMsg(res); err != nil {
			return err
		}
		return each(res, take)
	})
}

func subscribeInPlace(ctx context.Context, conn *grpc.ClientConn, _ string, req *messagingv1.SubscribeRequest, take scan.Messages) error {
	return subscribeTo(ctx, conn, req, func(stream grpc.ClientStream) error { return stream.RecvMsg(&take) }, scan.Option())
}

// subscribeTo subscribes, and calls one for each response.
func subscribeTo(ctx context.Context, conn *grpc.ClientConn, req *messagingv1.SubscribeRequest, one func(grpc.ClientStream) error, options ...grpc.CallOption) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, messagingv1connect.MessageServiceSubscribeProcedure, options...)
	if err != nil {
		return err
	}
	if err := errors.Join(stream.SendMsg(req), stream.CloseSend()); err != nil {
		return err
	}
	for {
		if err := one(stream); err != nil {
			return notEOF(err)
		}
	}
}

func each(res *messagingv1.SubscribeResponse, take scan.Messages) error {
	for _, message := range res.GetMessages() {
		if err := take(message.GetSequence(), message.GetData()); err != nil {
			return err
		}
	}
	return nil
}

// subscribeConnect speaks Connect, over HTTP/2 in binary, and in JSON over
// HTTP/1.1 as browsers and scripts do.
func subscribeConnect(json bool) reading {
	return func(ctx context.Context, _ *grpc.ClientConn, url string, req *messagingv1.SubscribeRequest, take scan.Messages) error {
		var (
			protocols = new(http.Protocols)
			options   []connecthttp.Option
		)
		if json {
			protocols.SetHTTP1(true)
			options = append(options, connecthttp.WithProtoJSON())
		} else {
			protocols.SetUnencryptedHTTP2(true)
		}
		transport := &http.Transport{Protocols: protocols}
		defer transport.CloseIdleConnections()
		client := messagingv1connect.NewMessageServiceClient(connect.NewClient(
			connecthttp.NewTransport(&http.Client{Transport: transport}, url, options...)))
		stream, err := client.Subscribe(ctx, req)
		if err != nil {
			return err
		}
		defer stream.Close()
		for {
			res, err := stream.Receive()
			if err != nil {
				return notEOF(err)
			}
			if err := each(res, take); err != nil {
				return err
			}
		}
	}
}

// notEOF drops the end of a stream.
func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
