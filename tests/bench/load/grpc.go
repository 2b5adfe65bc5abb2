package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
)

const (
	unaryMethod = "/parley.unary.v1.UnaryService/GetServerResponse"
	bidiMethod  = "/parley.bidirectional.v1.BidirectionalService/GetServerResponse"
)

func dial(url string) (*grpc.ClientConn, error) {
	_, address, _ := strings.Cut(url, "://")
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	return conn, nil
}

// GRPCUnary returns a load of so many grpc-go callers on one connection.
func GRPCUnary(text string, callers int) Load {
	return func(ctx context.Context, url string, duration time.Duration) (Result, error) {
		conn, err := dial(url)
		if err != nil {
			return Result{}, err
		}
		defer conn.Close()
		call := func(ctx context.Context) error {
			res := new(unaryv1.GetServerResponseResponse)
			if err := conn.Invoke(ctx, unaryMethod, &unaryv1.GetServerResponseRequest{Message: text}, res); err != nil {
				return err
			}
			if !strings.Contains(res.GetMessage(), text) {
				return wrongAnswer(res.GetMessage())
			}
			return nil
		}
		workers := make([]worker, callers)
		for i := range workers {
			workers[i] = calls(call)
		}
		return together(ctx, duration, workers)
	}
}

// GRPCStreams returns a load of so many grpc-go streams on one connection, each
// with a number of messages sent ahead of their answers. One message is one
// frame.
func GRPCStreams(text string, streams, inFlight int) Load {
	return func(ctx context.Context, url string, duration time.Duration) (Result, error) {
		conn, err := dial(url)
		if err != nil {
			return Result{}, err
		}
		defer conn.Close()
		workers := make([]worker, streams)
		for i := range workers {
			workers[i] = func(ctx context.Context, until time.Time) ([]time.Duration, error) {
				return echo(ctx, conn, text, inFlight, until)
			}
		}
		return together(ctx, duration, workers)
	}
}

// echo keeps inFlight messages of one stream on their way until the time is up,
// and takes all answers.
func echo(ctx context.Context, conn *grpc.ClientConn, text string, inFlight int, until time.Time) ([]time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, bidiMethod)
	if err != nil {
		return nil, err
	}
	if inFlight == 1 {
		return pingPong(stream, text, until)
	}
	// A place in sent is a message on its way; answers come in the order sent.
	sent := make(chan time.Time, inFlight)
	sending := make(chan error, 1)
	go func() { sending <- sendUntil(ctx, stream, text, sent, until) }()
	latencies, err := receiveAll(stream, text, sent)
	cancel()
	if sendErr := <-sending; err == nil && sendErr != nil {
		err = sendErr
	}
	return latencies, err
}

func sendUntil(ctx context.Context, stream grpc.ClientStream, text string, sent chan<- time.Time, until time.Time) error {
	req := &bidirectionalv1.GetServerResponseRequest{Message: text}
	for now, first := time.Now(), true; first || now.Before(until); now, first = time.Now(), false {
		select {
		case sent <- now:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := stream.SendMsg(req); err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	return stream.CloseSend()
}

func receiveAll(stream grpc.ClientStream, text string, sent <-chan time.Time) ([]time.Duration, error) {
	var latencies []time.Duration
	for {
		err := receive(stream, text)
		if errors.Is(err, io.EOF) {
			return latencies, nil
		}
		if err != nil {
			return latencies, err
		}
		latencies = append(latencies, time.Since(<-sent))
	}
}

func pingPong(stream grpc.ClientStream, text string, until time.Time) ([]time.Duration, error) {
	req := &bidirectionalv1.GetServerResponseRequest{Message: text}
	exchanges := calls(func(context.Context) error {
		if err := stream.SendMsg(req); err != nil {
			return fmt.Errorf("send: %w", err)
		}
		return receive(stream, text)
	})
	latencies, err := exchanges(stream.Context(), until)
	if err = errors.Join(err, stream.CloseSend()); err != nil {
		return latencies, err
	}
	if err := receive(stream, text); !errors.Is(err, io.EOF) {
		return latencies, fmt.Errorf("end the stream: %w", err)
	}
	return latencies, nil
}

func receive(stream grpc.ClientStream, text string) error {
	res := new(bidirectionalv1.GetServerResponseResponse)
	if err := stream.RecvMsg(res); err != nil {
		return err
	}
	if res.GetMessage() != text {
		return wrongAnswer(res.GetMessage())
	}
	return nil
}
