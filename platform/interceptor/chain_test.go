package interceptor_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"
	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
	"github.com/parleyhq/parley/platform/interceptor"
	"github.com/parleyhq/parley/platform/rpcerror"
)

func TestOrderAndEffect(t *testing.T) {
	t.Parallel()
	headers := []string{"telemetry", "authenticate", "procedure permission"}
	for _, test := range []struct {
		name, message, refuse string
		steps                 []string
		code                  connect.Code
		reason                errorv1.Reason
	}{
		{
			name: "passes", message: "hello",
			steps: append(slices.Clone(headers), "decode", "message permission for tester", "validate"),
		},
		{
			name: "no identity: nothing is decoded", message: "hello", refuse: "authenticate",
			steps: headers[:2], code: connect.CodeUnauthenticated, reason: errorv1.Reason_REASON_UNAUTHENTICATED,
		},
		{
			name: "no permission: nothing is decoded", message: "hello", refuse: "procedure",
			steps: headers, code: connect.CodePermissionDenied, reason: errorv1.Reason_REASON_PERMISSION_DENIED,
		},
		{
			name: "message refused before validation", message: "forbidden",
			steps: append(slices.Clone(headers), "decode", "message permission for tester"),
			code:  connect.CodePermissionDenied, reason: errorv1.Reason_REASON_PERMISSION_DENIED,
		},
		{
			name: "invalid: the handler does not see it", message: "",
			steps: append(slices.Clone(headers), "decode", "message permission for tester", "validate"),
			code:  connect.CodeInvalidArgument, reason: errorv1.Reason_REASON_INVALID_FIELD,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			for shape, do := range map[string]func(*testing.T, string, string) error{"unary": f.call, "stream": f.stream} {
				err := do(t, test.message, test.refuse)
				assertError(t, err, test.code, test.reason)
				steps := f.journal.take()
				last := "telemetry sees " + test.reason.String()
				if got := steps[len(steps)-1]; got != last {
					t.Errorf("%s: last step %q, want %q", shape, got, last)
				}
				// An empty Protobuf message is not handed to the codec.
				if test.message == "" {
					test.steps = slices.DeleteFunc(slices.Clone(test.steps), func(step string) bool { return step == "decode" })
				}
				if got := steps[:len(steps)-1]; !slices.Equal(got, test.steps) {
					t.Errorf("%s: steps %q, want %q", shape, got, test.steps)
				}
			}
		})
	}
}

func TestUnknownMethodPassesTheChain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	call := func(refuse string) error {
		ctx, info := connect.NewClientContext(t.Context())
		info.RequestHeader().Set("Test-Refuse", refuse)
		return f.client.CallUnary(ctx, connect.Spec{
			StreamType: connect.StreamTypeUnary, Procedure: "/parley.unary.v1.UnaryService/Nope",
		}, &unaryv1.GetServerResponseRequest{}, &unaryv1.GetServerResponseResponse{})
	}
	assertError(t, call("authenticate"), connect.CodeUnauthenticated, errorv1.Reason_REASON_UNAUTHENTICATED)
	assertError(t, call("procedure"), connect.CodePermissionDenied, errorv1.Reason_REASON_PERMISSION_DENIED)
	f.journal.take()
	assertError(t, call(""), connect.CodeUnimplemented, errorv1.Reason_REASON_UNKNOWN_METHOD)
	want := []string{"telemetry", "authenticate", "procedure permission", "telemetry sees REASON_UNKNOWN_METHOD"}
	if got := f.journal.take(); !slices.Equal(got, want) {
		t.Errorf("steps %q, want %q", got, want)
	}
}

func TestFailuresKeepTheirCause(t *testing.T) {
	t.Parallel()
	for _, message := range []string{"panic", "panic elsewhere", "plain error"} {
		f := newFixture(t)
		err := f.call(t, message, "")
		assertError(t, err, connect.CodeInternal, errorv1.Reason_REASON_INTERNAL)
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the caller sees the cause: %v", err)
		}
		if got := strings.Count(f.log.String(), "secret "); got != 1 {
			t.Errorf("%s: the log has the cause %d times, want once: %s", message, got, f.log)
		}
		if strings.HasPrefix(message, "panic") && !strings.Contains(f.log.String(), "fixture_test.go") {
			t.Errorf("%s: the log has no stack: %s", message, f.log)
		}
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	done := false
	if err := interceptor.Guard(func() { done = true }); err != nil || !done {
		t.Errorf("got %v, done %v", err, done)
	}
	// Only net/http's own goroutine may pass this one on.
	assertError(t, interceptor.Guard(func() { panic(http.ErrAbortHandler) }), connect.CodeInternal, errorv1.Reason_REASON_INTERNAL)
}

func TestUnaryTimeout(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	assertError(t, f.call(t, "wait", ""), connect.CodeDeadlineExceeded, errorv1.Reason_REASON_DEADLINE_EXCEEDED)
}

// A stream whose client is silent ends when the server drains; what had arrived
// is answered first.
func TestDrainEndsStreams(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	stream, err := bidirectionalv1connect.NewBidirectionalServiceClient(f.client).GetServerResponse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if err := stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: "hello"}); err != nil {
		t.Fatal(err)
	}
	if res, err := stream.Receive(); err != nil || res.GetMessage() != "hello" {
		t.Fatalf("got %v, %v", res, err)
	}
	f.drain()
	_, err = stream.Receive()
	assertError(t, err, connect.CodeUnavailable, errorv1.Reason_REASON_SERVER_DRAINING)
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for given, kept := range map[string]bool{
		"abc-123_X.y": true, strings.Repeat("a", 64): true,
		"": false, strings.Repeat("a", 65): false, "new line": false,
	} {
		ctx, info := connect.NewClientContext(t.Context())
		info.RequestHeader().Set(interceptor.RequestIDHeader, given)
		res, err := unaryv1connect.NewUnaryServiceClient(f.client).GetServerResponse(ctx, &unaryv1.GetServerResponseRequest{Message: "x"})
		if err != nil {
			t.Fatal(err)
		}
		returned := info.ResponseHeader().Get(interceptor.RequestIDHeader)
		if returned == "" || returned != res.GetMessage() || (returned == given) != kept {
			t.Errorf("given %q: returned %q, handler saw %q", given, returned, res.GetMessage())
		}
	}
}

func assertError(t *testing.T, err error, code connect.Code, reason errorv1.Reason) {
	t.Helper()
	if code == 0 {
		if err != nil {
			t.Errorf("got %v, want success", err)
		}
		return
	}
	if err == nil || connect.CodeOf(err) != code || rpcerror.ReasonOf(err) != reason {
		t.Errorf("got %v with reason %s, want %s with %s", err, rpcerror.ReasonOf(err), code, reason)
	}
}
