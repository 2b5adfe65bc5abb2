package endtoend_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
	"github.com/parleyhq/parley/tests/harness"
)

const (
	hello  = "Hello Server you there?"
	answer = "Hello I am up and running. Received ‘Hello Server you there?’ message from you"

	afterAll = bidirectionalv1.AnswerTiming_ANSWER_TIMING_AFTER_ALL
)

// TestMatrix runs every behaviour over every way to carry an RPC.
func TestMatrix(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t)
	behaviours := []struct {
		name   string
		duplex bool // needs both directions at once
		run    func(*testing.T, *connect.Client)
	}{
		{"unary answers", false, unaryAnswers},
		{"unary carries any text", false, unaryCarriesText},
		{"unary request id", false, unaryRequestID},
		{"answers come before the next request", true, answersAtOnce},
		{"answers come after all requests", true, answersAfterAll},
		{"answers after half-close", true, answersAfterHalfClose},
		{"an empty stream ends cleanly", true, emptyStream},
		{"a long message both ways", true, longestMessage},
	}
	for _, behaviour := range behaviours {
		for _, wire := range harness.Wires() {
			if behaviour.duplex && !wire.Duplex() {
				continue
			}
			t.Run(behaviour.name+"/"+wire.String(), func(t *testing.T) {
				t.Parallel()
				behaviour.run(t, pair.Server(wire).Connect(t, wire))
			})
		}
	}
}

func unaryAnswers(t *testing.T, client *connect.Client) {
	res, err := unaryv1connect.NewUnaryServiceClient(client).GetServerResponse(t.Context(),
		&unaryv1.GetServerResponseRequest{Message: hello})
	if err != nil {
		t.Fatal(err)
	}
	if res.GetMessage() != answer || !res.GetReceived() {
		t.Errorf("answer = %v, want %q, received", res, answer)
	}
}

func unaryCarriesText(t *testing.T, client *connect.Client) {
	unary := unaryv1connect.NewUnaryServiceClient(client)
	for _, text := range []string{"a", "\x00\n\"\\", "žluťoučký 馬 🐎 \u2028", strings.Repeat("é", 32_768)} {
		res, err := unary.GetServerResponse(t.Context(), &unaryv1.GetServerResponseRequest{Message: text})
		if err != nil {
			t.Fatalf("%.20q: %v", text, err)
		}
		if want := "Hello I am up and running. Received ‘" + text + "’ message from you"; res.GetMessage() != want {
			t.Errorf("%.20q: the answer does not repeat the text", text)
		}
	}
}

func unaryRequestID(t *testing.T, client *connect.Client) {
	for given, kept := range map[string]bool{"my-id.1_A": true, "": false, "no spaces": false, strings.Repeat("x", 65): false} {
		ctx, info := connect.NewClientContext(t.Context())
		if given != "" {
			info.RequestHeader().Set("X-Request-Id", given)
		}
		_, err := unaryv1connect.NewUnaryServiceClient(client).GetServerResponse(ctx,
			&unaryv1.GetServerResponseRequest{Message: hello})
		if err != nil {
			t.Fatal(err)
		}
		if got := info.ResponseHeader().Get("X-Request-Id"); (got == given) != kept || got == "" {
			t.Errorf("request id for %q = %q, want it kept: %t", given, got, kept)
		}
	}
}

type duplexStream = bidirectionalv1connect.BidirectionalServiceGetServerResponseClientStream

func openStream(ctx context.Context, t *testing.T, client *connect.Client) duplexStream {
	t.Helper()
	stream, err := bidirectionalv1connect.NewBidirectionalServiceClient(client).GetServerResponse(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stream.Close() })
	return stream
}

func send(t *testing.T, stream duplexStream, text string, timing bidirectionalv1.AnswerTiming) {
	t.Helper()
	if err := stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: text, AnswerTiming: timing}); err != nil {
		t.Fatalf("send %.20q: %v", text, err)
	}
}

func receive(t *testing.T, stream duplexStream, want string) {
	t.Helper()
	res, err := stream.Receive()
	if err != nil {
		t.Fatalf("receive %.20q: %v", want, err)
	}
	if res.GetMessage() != want {
		t.Fatalf("received %.20q, want %.20q", res.GetMessage(), want)
	}
}

func receiveEnd(t *testing.T, stream duplexStream) {
	t.Helper()
	if res, err := stream.Receive(); !errors.Is(err, io.EOF) {
		t.Fatalf("received %v, %v, want the end", res, err)
	}
}

func closeSend(t *testing.T, stream duplexStream) {
	t.Helper()
	if err := stream.CloseSend(); err != nil {
		t.Fatalf("close sending: %v", err)
	}
}

// answersAtOnce sends a request only once the answer to the one before is here.
func answersAtOnce(t *testing.T, client *connect.Client) {
	stream := openStream(t.Context(), t, client)
	for i := range 100 {
		text := fmt.Sprintf("message %d", i)
		send(t, stream, text, bidirectionalv1.AnswerTiming_ANSWER_TIMING_UNSPECIFIED)
		receive(t, stream, text)
	}
	closeSend(t, stream)
	receiveEnd(t, stream)
}

// answersAfterAll sees no answer while a second stream on the same connection
// goes back and forth, then all of them once it has closed its side.
func answersAfterAll(t *testing.T, client *connect.Client) {
	stream := openStream(t.Context(), t, client)
	type answered struct {
		text string
		err  error
	}
	const count = 20
	answers := make(chan answered, count+1)
	for i := range count {
		send(t, stream, fmt.Sprintf("message %d", i), afterAll)
	}
	go func() {
		defer close(answers)
		for {
			res, err := stream.Receive()
			answers <- answered{res.GetMessage(), err}
			if err != nil {
				return
			}
		}
	}()
	answersAtOnce(t, client)
	select {
	case early := <-answers:
		t.Fatalf("received %v before the end of the requests", early)
	default:
	}
	closeSend(t, stream)
	for i := range count {
		if got := <-answers; got.err != nil || got.text != fmt.Sprintf("message %d", i) {
			t.Fatalf("answer %d = %v", i, got)
		}
	}
	if got := <-answers; !errors.Is(got.err, io.EOF) {
		t.Fatalf("after the answers: %v, want the end", got)
	}
}

func answersAfterHalfClose(t *testing.T, client *connect.Client) {
	stream := openStream(t.Context(), t, client)
	texts := []string{"First message", "Second message", "Third message", "Fourth message", "Fifth message"}
	for _, text := range texts {
		send(t, stream, text, bidirectionalv1.AnswerTiming_ANSWER_TIMING_EACH)
	}
	closeSend(t, stream)
	for _, text := range texts {
		receive(t, stream, text)
	}
	receiveEnd(t, stream)
}

func emptyStream(t *testing.T, client *connect.Client) {
	stream := openStream(t.Context(), t, client)
	closeSend(t, stream)
	receiveEnd(t, stream)
}

func longestMessage(t *testing.T, client *connect.Client) {
	stream := openStream(t.Context(), t, client)
	text := strings.Repeat("x", 65_536)
	send(t, stream, text, bidirectionalv1.AnswerTiming_ANSWER_TIMING_EACH)
	receive(t, stream, text)
	closeSend(t, stream)
	receiveEnd(t, stream)
}
