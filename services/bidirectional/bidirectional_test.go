package bidirectional_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"
	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/platform/server/servertest"
	"github.com/parleyhq/parley/services/bidirectional"
)

const (
	unspecified = bidirectionalv1.AnswerTiming_ANSWER_TIMING_UNSPECIFIED
	each        = bidirectionalv1.AnswerTiming_ANSWER_TIMING_EACH
	afterAll    = bidirectionalv1.AnswerTiming_ANSWER_TIMING_AFTER_ALL
)

func TestTimings(t *testing.T) {
	t.Parallel()
	running := servertest.Start(t, bidirectional.New())
	for _, wire := range servertest.Wires() {
		t.Run(wire.String(), func(t *testing.T) {
			t.Parallel()
			client := running.Connect(t, wire)
			t.Run("each", func(t *testing.T) { answersEach(t, client) })
			t.Run("after all", func(t *testing.T) { answersAfterAll(t, client) })
			t.Run("empty", func(t *testing.T) {
				stream := open(t, client)
				if answers, err := stream.finish(); len(answers) > 0 || err != nil {
					t.Errorf("got %q, %v, want nothing", answers, err)
				}
			})
		})
	}
}

// answersEach sends a message only once the one before is answered.
func answersEach(t *testing.T, client *connect.Client) {
	stream := open(t, client)
	for _, message := range []string{"First message", "Second message", "Third message"} {
		stream.send(message, unspecified)
		if res, err := stream.Receive(); err != nil || res.GetMessage() != message {
			t.Fatalf("got %v, %v, want %q before anything else is sent", res, err, message)
		}
	}
	if answers, err := stream.finish(); len(answers) > 0 || err != nil {
		t.Errorf("after the answers: %q, %v, want the end", answers, err)
	}
}

// answersAfterAll compares with what the default does: the same messages on a
// second stream are answered while this one, opened first, has no answer yet.
func answersAfterAll(t *testing.T, client *connect.Client) {
	stream := open(t, client)
	stream.send("one", afterAll)
	stream.send("two", unspecified) // leaves the choice as it is
	stream.send("three", afterAll)
	first := make(chan error, 1)
	var answers []string
	go func() {
		res, err := stream.Receive()
		answers = append(answers, res.GetMessage())
		first <- err
	}()
	answersEach(t, client)
	select {
	case err := <-first:
		t.Fatalf("got %q, %v before the end of the requests", answers, err)
	default:
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	rest, err := stream.finish()
	if answers = append(answers, rest...); err != nil || !slices.Equal(answers, []string{"one", "two", "three"}) {
		t.Errorf("got %q, %v, want all messages in order", answers, err)
	}
}

func TestTimingIsChosenOnce(t *testing.T) {
	t.Parallel()
	client := servertest.Start(t, bidirectional.New()).Connect(t, servertest.Wire{})
	for name, test := range map[string]struct {
		first, later bidirectionalv1.AnswerTiming
		refused      bool
	}{
		"repeated":                 {first: afterAll, later: afterAll},
		"left out later":           {first: afterAll, later: unspecified},
		"the default, named later": {first: unspecified, later: each},
		"the other one":            {first: each, later: afterAll, refused: true},
		"the other one, backwards": {first: afterAll, later: each, refused: true},
		"chosen only later":        {first: unspecified, later: afterAll, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stream := open(t, client)
			stream.send("one", test.first)
			stream.send("two", test.later)
			_, err := stream.finish()
			if test.refused != (rpcerror.ReasonOf(err) == errorv1.Reason_REASON_INVALID_FIELD) || test.refused != (err != nil) {
				t.Errorf("got %v, want it refused: %t", err, test.refused)
			}
		})
	}
}

// A message that breaks the schema ends the stream; those before were answered.
func TestInvalidMessage(t *testing.T) {
	t.Parallel()
	stream := open(t, servertest.Start(t, bidirectional.New()).Connect(t, servertest.Wire{}))
	stream.send("good", unspecified)
	stream.send("", unspecified)
	answers, err := stream.finish()
	if !slices.Equal(answers, []string{"good"}) || rpcerror.ReasonOf(err) != errorv1.Reason_REASON_INVALID_FIELD {
		t.Errorf("got %q, %v, want the first answer and INVALID_FIELD", answers, err)
	}
}

func TestBacklogIsBounded(t *testing.T) {
	t.Parallel()
	client := servertest.Start(t, bidirectional.New()).Connect(t, servertest.Wire{})
	const longest = 65_536
	for name, test := range map[string]struct{ messages, bytes int }{
		"messages": {bidirectional.MaxBacklogMessages, 1},
		"bytes":    {bidirectional.MaxBacklogBytes / longest, longest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message := strings.Repeat("x", test.bytes)
			full := open(t, client)
			full.sendTimes(message, test.messages)
			if answers, err := full.finish(); err != nil || len(answers) != test.messages {
				t.Errorf("at the bound: %d answers, %v, want %d", len(answers), err, test.messages)
			}
			over := open(t, client)
			over.sendTimes(message, test.messages)
			over.sendTimes("x", 1)
			if answers, err := over.finish(); len(answers) > 0 || rpcerror.ReasonOf(err) != errorv1.Reason_REASON_STREAM_LIMIT {
				t.Errorf("above the bound: %d answers, %v, want STREAM_LIMIT", len(answers), err)
			}
		})
	}
}

// The bounds are part of the contract's prose.
func TestBacklogBounds(t *testing.T) {
	t.Parallel()
	if bidirectional.MaxBacklogMessages != 10_000 || bidirectional.MaxBacklogBytes != 4<<20 {
		t.Errorf("got %d messages and %d bytes, the contract says 10,000 and 4 MiB",
			bidirectional.MaxBacklogMessages, bidirectional.MaxBacklogBytes)
	}
}

// Stubs of the classic tutorial schema reach the same handler.
func TestClassicName(t *testing.T) {
	t.Parallel()
	running := servertest.Start(t, bidirectional.New())
	h2c := new(http.Protocols)
	h2c.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: h2c}
	t.Cleanup(transport.CloseIdleConnections)
	classic := &http.Client{Transport: rename{transport, "/bidirectional.Bidirectional/GetServerResponse"}}
	for name, option := range map[string]connecthttp.Option{"grpc": connecthttp.WithGRPC(), "connect": connecthttp.WithSendCodec("proto")} {
		t.Run(name, func(t *testing.T) {
			answersEach(t, connect.NewClient(connecthttp.NewTransport(classic, running.URL, option)))
		})
	}
}

// rename sends every request to one procedure.
type rename struct {
	http.RoundTripper
	procedure string
}

func (r rename) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Path = r.procedure
	return r.RoundTripper.RoundTrip(req)
}

func TestCommand(t *testing.T) {
	t.Parallel()
	answersEach(t, servertest.Command(t, "./cmd/bidirectional").Connect(t, servertest.Wire{}))
}

// stream is a client's stream that fails the test where sending fails for
// another reason than the server's answer.
type stream struct {
	bidirectionalv1connect.BidirectionalServiceGetServerResponseClientStream
	t *testing.T
}

func open(t *testing.T, client *connect.Client) stream {
	t.Helper()
	opened, err := bidirectionalv1connect.NewBidirectionalServiceClient(client).GetServerResponse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return stream{opened, t}
}

func (s stream) send(message string, timing bidirectionalv1.AnswerTiming) {
	s.t.Helper()
	err := s.Send(&bidirectionalv1.GetServerResponseRequest{Message: message, AnswerTiming: timing})
	if err != nil && !errors.Is(err, io.EOF) { // after io.EOF, Receive returns what the server said
		s.t.Fatalf("send %.20q: %v", message, err)
	}
}

func (s stream) sendTimes(message string, times int) {
	s.t.Helper()
	for range times {
		s.send(message, afterAll)
	}
}

// finish ends the requests and returns the answers still to come, and the
// server's error.
func (s stream) finish() ([]string, error) {
	_ = s.CloseSend() // where the server has ended the stream, Receive says why
	var answers []string
	for {
		res, err := s.Receive()
		if errors.Is(err, io.EOF) {
			return answers, nil
		}
		if err != nil {
			return answers, err
		}
		answers = append(answers, res.GetMessage())
	}
}
