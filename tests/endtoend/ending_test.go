package endtoend_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/tests/harness"
	"github.com/parleyhq/parley/tests/rawrpc"
)

// TestCancellation cancels a stream in the middle: the handler ends, and the
// access log says why.
func TestCancellation(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t)
	for _, wire := range harness.Wires() {
		if !wire.Duplex() {
			continue
		}
		t.Run(wire.String(), func(t *testing.T) {
			t.Parallel()
			// A client that cancels may close its side just before it resets the
			// stream; a handler that reads in between ends with OK, rightly.
			for attempt := range 5 {
				line := cancelStream(t, pair.Server(wire), wire, fmt.Sprintf("cancel-%s-%d", wire, attempt))
				if line.Text("code") == "canceled" && line.Text("reason") == "CANCELED" {
					return
				}
				if line.Text("code") != "ok" {
					t.Fatalf("the server logged %v, want CANCELED", line)
				}
			}
			t.Error("the handler never saw the cancellation")
		})
	}
}

// cancelStream cancels a stream whose handler runs and returns the server's line.
func cancelStream(t *testing.T, server *harness.Server, wire harness.Wire, id string) harness.Line {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ctx, info := connect.NewClientContext(ctx)
	info.RequestHeader().Set("X-Request-Id", id)
	stream := openStream(ctx, t, server.Connect(t, wire))
	send(t, stream, "a", bidirectionalv1.AnswerTiming_ANSWER_TIMING_UNSPECIFIED)
	receive(t, stream, "a")
	cancel()
	if _, err := stream.Receive(); connect.CodeOf(err) != connect.CodeCanceled {
		t.Errorf("the client sees %v, want CANCELED", err)
	}
	return server.WaitForCall(t, id)
}

// TestDeadline sends a deadline that only the server keeps: the client would
// wait for ever, and its side of the stream stays open.
func TestDeadline(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t)
	for _, wire := range harness.Wires() {
		for _, kind := range []struct {
			name, procedure string
			stream          bool
		}{{"unary", unaryProcedure, false}, {"stream", duplexProcedure, true}} {
			if kind.stream && !wire.Duplex() {
				continue
			}
			t.Run(wire.String()+"/"+kind.name, func(t *testing.T) {
				t.Parallel()
				server := pair.Server(wire)
				id := "deadline-" + kind.name + "-" + wire.String()
				call := rawrpc.Call{Wire: wire, Procedure: kind.procedure, Stream: kind.stream, Header: map[string]string{"X-Request-Id": id}}
				if wire.Protocol == client.ProtocolConnect {
					call.Header["Connect-Timeout-Ms"] = "200"
				} else {
					call.Header["Grpc-Timeout"] = "200m"
				}
				body, hold := io.Pipe()
				defer hold.Close()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+kind.procedure, body)
				if err != nil {
					t.Fatal(err)
				}
				answer, err := rawrpc.Send(server.HTTP(t, wire.HTTP), call, req)
				if err != nil {
					t.Fatal(err)
				}
				if answer.Code != connect.CodeDeadlineExceeded || answer.Reason() != "DEADLINE_EXCEEDED" {
					t.Errorf("answer = %v %q %q, want DEADLINE_EXCEEDED", answer.Code, answer.Reason(), answer.Text)
				}
				if line := server.WaitForCall(t, id); line.Text("code") != "deadline_exceeded" {
					t.Errorf("the server logged %v, want DEADLINE_EXCEEDED", line)
				}
			})
		}
	}
}

// TestOrder runs many streams at once, on one connection for each wire, and
// checks every message of each. The server's goroutines are gone afterwards.
func TestOrder(t *testing.T) {
	t.Parallel()
	const streams, messages = 25, 400 // 10,000 messages on each wire
	pair := harness.StartPair(t)
	before := map[*harness.Server]int{pair.Clear: pair.Clear.Goroutines(t), pair.Encrypted: pair.Encrypted.Goroutines(t)}
	t.Run("wires", func(t *testing.T) {
		for _, wire := range harness.Wires() {
			if !wire.Duplex() {
				continue
			}
			t.Run(wire.String(), func(t *testing.T) {
				t.Parallel()
				connected := pair.Server(wire).Connect(t, wire)
				failures := make(chan error, streams)
				for i := range streams {
					go func() { failures <- exchange(t.Context(), connected, i, messages) }()
				}
				for range streams {
					if err := <-failures; err != nil {
						t.Error(err)
					}
				}
			})
		}
	})
	for server, goroutines := range before {
		const idle = 4 // kept-alive connections of the metrics reader
		server.WaitForGoroutines(t, goroutines+idle)
	}
}

// exchange sends and receives at the same time, as fast as it can.
func exchange(ctx context.Context, connected *connect.Client, number, messages int) error {
	stream, err := bidirectionalv1connect.NewBidirectionalServiceClient(connected).GetServerResponse(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	sent := make(chan error, 1)
	go func() {
		for i := range messages {
			if err := stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: fmt.Sprintf("%d/%d", number, i)}); err != nil {
				sent <- err
				return
			}
		}
		sent <- stream.CloseSend()
	}()
	for i := 0; ; i++ {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) && i == messages {
			return <-sent
		}
		if err != nil {
			return errors.Join(fmt.Errorf("stream %d, message %d: %w", number, i, err), <-sent)
		}
		if want := fmt.Sprintf("%d/%d", number, i); res.GetMessage() != want {
			return fmt.Errorf("stream %d received %q, want %q", number, res.GetMessage(), want)
		}
	}
}
