package wire_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"

	"github.com/parleyhq/parley/platform/wire"
)

type bidiStream = bidirectionalv1connect.BidirectionalServiceGetServerResponseServerStream

// bidiFunc is a bidirectional handler from a function.
type bidiFunc func(context.Context, bidiStream) error

func (f bidiFunc) GetServerResponse(ctx context.Context, stream bidiStream) error {
	return f(ctx, stream)
}

func protocols() map[string][]connecthttp.Option {
	return map[string][]connecthttp.Option{
		"connect":  nil,
		"grpc":     {connecthttp.WithGRPC()},
		"grpc-web": {connecthttp.WithGRPCWeb()},
	}
}

// TestPingPong proves that a message that comes alone leaves at once: each is
// sent only after the answer to the one before.
func TestPingPong(t *testing.T) {
	t.Parallel()
	for _, kind := range []transport{h2c, h2tls} {
		server := serve(t, kind, wire.Streams(rpcs(bidiEcho{})))
		for name, options := range protocols() {
			t.Run(fmt.Sprintf("%s %s", kind, name), func(t *testing.T) {
				t.Parallel()
				stream, err := bidiClient(server, options...).GetServerResponse(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for i := range 100 {
					exchange(t, stream, fmt.Sprintf("message %d", i))
				}
				endStream(t, stream)
			})
		}
	}
}

type bidiClientStream = bidirectionalv1connect.BidirectionalServiceGetServerResponseClientStream

func exchange(t *testing.T, stream bidiClientStream, text string) {
	t.Helper()
	if err := stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: text}); err != nil {
		t.Fatalf("send: %v", err)
	}
	res, err := stream.Receive()
	if err != nil {
		t.Fatalf("receive: %v", err)
	}
	if res.GetMessage() != text {
		t.Fatalf("got %q, want %q", res.GetMessage(), text)
	}
}

func endStream(t *testing.T, stream bidiClientStream) {
	t.Helper()
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Receive(); !errors.Is(err, io.EOF) {
		t.Fatalf("got %v, want EOF", err)
	}
}

// TestOrder sends without waiting, in sizes around every bound there is.
func TestOrder(t *testing.T) {
	t.Parallel()
	const messages = 5000
	sizes := []int{0, 1, 100, 4095, 4096, 5000, 32<<10 - 6, 32 << 10, 100 << 10}
	text := func(i int) string {
		size := sizes[(i*7)%len(sizes)]
		if i%50 != 0 {
			size %= 200
		}
		return fmt.Sprintf("%d %s", i, strings.Repeat("x", size))
	}
	for name, options := range protocols() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, h2c, wire.Streams(rpcs(bidiEcho{}), wire.WithMaxPending(1)))
			stream, err := bidiClient(server, options...).GetServerResponse(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			sent := make(chan error, 1)
			go func() {
				for i := range messages {
					if err := stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: text(i)}); err != nil {
						sent <- err
						return
					}
				}
				sent <- stream.CloseSend()
			}()
			for i := range messages {
				res, err := stream.Receive()
				if err != nil {
					t.Fatalf("receive %d: %v", i, err)
				}
				if res.GetMessage() != text(i) {
					t.Fatalf("message %d is %.20q", i, res.GetMessage())
				}
			}
			if _, err := stream.Receive(); !errors.Is(err, io.EOF) {
				t.Fatalf("got %v, want EOF", err)
			}
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestCancelFreesBlockedHandler lets a handler run into a client that does not
// read, and cancels the call: the handler's send must fail.
func TestCancelFreesBlockedHandler(t *testing.T) {
	t.Parallel()
	for name, options := range protocols() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, accepted := make(chan error, 1), make(chan int, 1<<20)
			server := serve(t, h2c, wire.Streams(rpcs(bidiFunc(func(_ context.Context, stream bidiStream) error {
				for i := 0; ; i++ {
					err := stream.Send(&bidirectionalv1.GetServerResponseResponse{Message: strings.Repeat("x", 1000)})
					if err != nil {
						result <- err
						return err
					}
					accepted <- i
				}
			}))))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stream, err := bidiClient(server, options...).GetServerResponse(ctx)
			if err != nil {
				t.Fatal(err)
			}
			exchangeFirst(t, stream)
			sent := settle(t, accepted)
			// The Go client takes up to 4 MiB that nobody reads yet.
			if limit := 6 << 20; sent*1000 > limit {
				t.Errorf("the handler could send %d messages of 1000 bytes to a client that does not read", sent)
			}
			select {
			case err := <-result:
				t.Fatalf("send failed before the cancellation: %v", err)
			default:
			}
			cancel()
			// The Go client notices the cancellation only when it is used again.
			_ = stream.Close()
			if err := <-result; err == nil {
				t.Error("send succeeded after the cancellation")
			}
		})
	}
}

func exchangeFirst(t *testing.T, stream bidiClientStream) {
	t.Helper()
	if err := stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: "go"}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Receive(); err != nil {
		t.Fatal(err)
	}
}

// settle counts what arrives until nothing has for a while.
func settle(t *testing.T, events <-chan int) int {
	t.Helper()
	count := 0
	for {
		select {
		case <-events:
			count++
		case <-time.After(300 * time.Millisecond):
			return count
		case <-t.Context().Done():
			t.Fatal("events did not settle")
		}
	}
}

// TestEndReadingWakesReceive ends reading as a drain does: what has
// arrived is delivered, then Receive ends, and the handler can still answer.
func TestEndReadingWakesReceive(t *testing.T) {
	t.Parallel()
	for name, options := range protocols() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contexts, resume := make(chan context.Context, 1), make(chan struct{})
			server := serve(t, h2c, wire.Streams(rpcs(bidiFunc(func(ctx context.Context, stream bidiStream) error {
				var got []string
				for {
					req, err := stream.Receive()
					if err != nil {
						if !errors.Is(err, os.ErrDeadlineExceeded) {
							return err
						}
						_ = stream.Send(&bidirectionalv1.GetServerResponseResponse{Message: strings.Join(got, ",")})
						return connect.NewError(connect.CodeUnavailable, "draining")
					}
					if got = append(got, req.GetMessage()); len(got) == 1 {
						// The client sees this before the deadline passes.
						_ = stream.Send(&bidirectionalv1.GetServerResponseResponse{})
						contexts <- ctx
						<-resume
					}
				}
			}))))
			stream, err := bidiClient(server, options...).GetServerResponse(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			exchangeFirst(t, stream)
			ctx := <-contexts
			handle, ok := wire.FromContext(ctx)
			if !ok {
				t.Fatal("no stream in the context")
			}
			wire.EndReading(ctx)
			close(resume)
			res, err := stream.Receive()
			if err != nil || res.GetMessage() != "go" {
				t.Fatalf("got %v, %v", res, err)
			}
			if _, err := stream.Receive(); connect.CodeOf(err) != connect.CodeUnavailable {
				t.Fatalf("got %v, want UNAVAILABLE", err)
			}
			waitFor(t, func() bool { return errors.Is(handle.EndReading(), wire.ErrStreamEnded) })
			if err := handle.SetWriteDeadline(time.Now()); !errors.Is(err, wire.ErrStreamEnded) {
				t.Errorf("write deadline after the end: %v", err)
			}
			wire.EndReading(ctx) // does nothing any more
		})
	}
}

// waitFor polls until a condition holds that another goroutine brings about.
func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !condition() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("condition did not come true")
		}
	}
}

// TestUnaryHasHandle covers requests that are not changed otherwise.
func TestUnaryHasHandle(t *testing.T) {
	t.Parallel()
	for _, kind := range []transport{http1, h2c, h2tls} {
		errs := make(chan error, 1)
		server := serve(t, kind, wire.Streams(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			handle, ok := wire.FromContext(r.Context())
			if !ok {
				errs <- errors.New("no stream in the context")
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			// After the body this must not disturb the connection.
			err := handle.EndReading()
			errs <- errors.Join(err, r.Context().Err())
		})))
		for range 3 {
			post(t, server, "/any", "application/json", []byte("{}"))
			if err := <-errs; err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
	if _, ok := wire.FromContext(t.Context()); ok {
		t.Error("found a stream in a context without one")
	}
	wire.EndReading(t.Context()) // does nothing
}

// TestPanicPassesThrough checks that the peer gets what was flushed before.
func TestPanicPassesThrough(t *testing.T) {
	t.Parallel()
	recovered := make(chan any, 1)
	panicking := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		controller := http.NewResponseController(w)
		for range 10 {
			_, _ = io.WriteString(w, "x")
			_ = controller.Flush()
		}
		panic(http.ErrAbortHandler)
	})
	middleware := wire.Streams(panicking)
	for _, kind := range []transport{http1, h2c} {
		server := serve(t, kind, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				value := recover()
				recovered <- value
				panic(value)
			}()
			middleware.ServeHTTP(w, r)
		}))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/grpc")
		res, err := server.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err == nil || string(content) != "xxxxxxxxxx" {
			t.Errorf("%s: got %q, %v", kind, content, err)
		}
		if value := <-recovered; value != http.ErrAbortHandler { //nolint:errorlint // net/http compares the same way
			t.Errorf("%s: recovered %v", kind, value)
		}
	}
}
