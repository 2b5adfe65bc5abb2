package faults_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"
	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/tests/harness"
)

// ending is what became of one caller.
type ending struct {
	who string
	err error // nil where it ended as it should
}

// caller calls the server until the server stops it. It closes ready once it is
// in the middle of its work, and returns what is wrong with its end.
type caller func(ctx context.Context, connected *connect.Client, ready func()) error

// TestDrainUnderLoad stops two servers with hundreds of calls open, of every
// shape on every wire. Each call must end by itself, with success or with an
// error that says to try again, well before the drain limit; the process must
// exit with 0.
func TestDrainUnderLoad(t *testing.T) {
	t.Parallel()
	const each = 15 // callers of one kind on one wire
	pair := harness.StartPair(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var (
		endings = make(chan ending)
		ready   = make(chan struct{})
		total   int
	)
	start := func(who string, run func(ready func()) error) {
		total++
		go func() {
			signaled := false
			err := run(func() {
				if !signaled {
					signaled = true
					ready <- struct{}{}
				}
			})
			if !signaled {
				err = errors.Join(errors.New("ended before it was in the middle of its work"), err)
				ready <- struct{}{}
			}
			endings <- ending{who, err}
		}()
	}
	for _, wire := range harness.Wires() {
		connected := pair.Server(wire).Connect(t, wire)
		for name, run := range map[string]caller{"busy": busy, "silent": silent, "waiting": waiting, "unary": callUnary} {
			if name != "unary" && !wire.Duplex() {
				continue
			}
			for range each {
				start(name+" "+wire.String(), func(ready func()) error { return run(ctx, connected, ready) })
			}
		}
	}
	watchers := dialGRPC(t, pair.Clear)
	for range each {
		start("health watch", func(ready func()) error { return watchHealth(ctx, watchers, ready) })
	}
	for range total {
		<-ready
	}
	t.Logf("%d callers are in the middle of their work", total)
	began := time.Now()
	pair.Clear.Terminate()
	pair.Encrypted.Terminate()
	failed := 0
	for range total {
		if end := <-endings; end.err != nil {
			if failed++; failed <= 20 {
				t.Errorf("%s: %v", end.who, end.err)
			}
		}
	}
	<-pair.Clear.Exited()
	<-pair.Encrypted.Exited()
	const limit = 15 * time.Second // half of the drain time-out: nothing was waited out
	if took := time.Since(began); took > limit {
		t.Errorf("the drain took %s, want less than %s", took, limit)
	}
}

// drained reports whether an error is how a draining server ends a stream.
func drained(err error) error {
	if connect.CodeOf(err) == connect.CodeUnavailable && rpcerror.ReasonOf(err) == errorv1.Reason_REASON_SERVER_DRAINING {
		if retry, delay := client.Retryable(err); retry && delay > 0 {
			return nil
		}
		return fmt.Errorf("no time to wait in %w", err)
	}
	return fmt.Errorf("want UNAVAILABLE, SERVER_DRAINING: %w", err)
}

func openStream(ctx context.Context, connected *connect.Client) (bidirectionalv1connect.BidirectionalServiceGetServerResponseClientStream, error) {
	return bidirectionalv1connect.NewBidirectionalServiceClient(connected).GetServerResponse(ctx)
}

// busy goes back and forth. Once the stream has ended, sending fails with io.EOF.
func busy(ctx context.Context, connected *connect.Client, ready func()) error {
	stream, err := openStream(ctx, connected)
	if err != nil {
		return err
	}
	defer stream.Close()
	for i := 0; ; i++ {
		text := strconv.Itoa(i)
		if err := stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: text}); err != nil && !errors.Is(err, io.EOF) {
			return drained(err)
		}
		res, err := stream.Receive()
		if err != nil {
			return drained(err)
		}
		if res.GetMessage() != text {
			return fmt.Errorf("received %q, want %q", res.GetMessage(), text)
		}
		ready()
	}
}

// silent has sent one message, has its answer, and then only listens.
func silent(ctx context.Context, connected *connect.Client, ready func()) error {
	stream, err := openStream(ctx, connected)
	if err != nil {
		return err
	}
	defer stream.Close()
	if err := stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: "a"}); err != nil {
		return err
	}
	if _, err := stream.Receive(); err != nil {
		return err
	}
	ready()
	_, err = stream.Receive()
	return drained(err)
}

// waiting has asked for its answers after all requests and does not end those.
func waiting(ctx context.Context, connected *connect.Client, ready func()) error {
	stream, err := openStream(ctx, connected)
	if err != nil {
		return err
	}
	defer stream.Close()
	if err := stream.Send(&bidirectionalv1.GetServerResponseRequest{
		Message: "a", AnswerTiming: bidirectionalv1.AnswerTiming_ANSWER_TIMING_AFTER_ALL,
	}); err != nil {
		return err
	}
	// A call on the same connection, sent later, has its answer: this one has arrived.
	if _, err := unaryv1connect.NewUnaryServiceClient(connected).GetServerResponse(ctx,
		&unaryv1.GetServerResponseRequest{Message: "a"}); err != nil {
		return err
	}
	ready()
	_, err = stream.Receive()
	return drained(err)
}

// callUnary calls until the server is gone. A call either succeeds or may be
// repeated: nothing else may happen to it.
func callUnary(ctx context.Context, connected *connect.Client, ready func()) error {
	unary := unaryv1connect.NewUnaryServiceClient(connected)
	for {
		_, err := unary.GetServerResponse(ctx, &unaryv1.GetServerResponseRequest{Message: "a"})
		if err != nil {
			if retry, _ := client.Retryable(err); !retry {
				return fmt.Errorf("not retryable: %w", err)
			}
			return nil
		}
		ready()
	}
}

func dialGRPC(t *testing.T, server *harness.Server) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(server.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatalf("build a grpc-go client: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// watchHealth watches as a load balancer does.
func watchHealth(ctx context.Context, conn *grpc.ClientConn, ready func()) error {
	stream, err := healthpb.NewHealthClient(conn).Watch(ctx, &healthpb.HealthCheckRequest{})
	if err != nil {
		return err
	}
	for {
		res, err := stream.Recv()
		switch {
		case err == nil && res.GetStatus() == healthpb.HealthCheckResponse_SERVING:
			ready()
		case err == nil: // NOT_SERVING: the drain has begun
		case status.Code(err) == codes.Unavailable || errors.Is(err, io.EOF):
			return nil
		default:
			return err
		}
	}
}
