package client_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"

	"github.com/parleyhq/parley/platform/client"
)

func withDetail(t *testing.T, err *connect.Error, messages ...proto.Message) *connect.Error {
	t.Helper()
	for _, m := range messages {
		detail, detailErr := connectproto.NewErrorDetail(m)
		check(t, detailErr)
		err = err.WithDetail(detail)
	}
	return err
}

// downgrade makes the RPC look as if its schema promised nothing.
func downgrade(next connect.ClientFunc) connect.ClientFunc {
	return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
		spec.IdempotencyLevel = connect.IdempotencyUnknown
		return next(ctx, spec)
	}
}

func TestRetriesOfAnswers(t *testing.T) {
	t.Parallel()
	failing := func(times int64, err error) func(int64) error {
		return func(attempt int64) error {
			if attempt <= times {
				return err
			}
			return nil
		}
	}
	unavailable := connect.NewError(connect.CodeUnavailable, "draining")
	soon := withDetail(t, connect.NewError(connect.CodeUnavailable, "soon"), &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Millisecond)})
	late := withDetail(t, connect.NewError(connect.CodeUnavailable, "late"), &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Hour)})
	tests := map[string]struct {
		answer    func(int64) error
		cfg       client.Config
		wantCalls int64
		wantCode  connect.Code // 0: success
	}{
		"succeeds at the last attempt": {failing(3, unavailable), client.Config{}, 4, 0},
		"gives up":                     {failing(9, unavailable), client.Config{}, 4, connect.CodeUnavailable},
		"fewer attempts":               {failing(9, unavailable), client.Config{Retry: client.Retry{MaxAttempts: 2}}, 2, connect.CodeUnavailable},
		"turned off":                   {failing(9, unavailable), client.Config{Retry: client.Retry{MaxAttempts: 1}}, 1, connect.CodeUnavailable},
		"asked to wait a little":       {failing(1, soon), client.Config{Retry: client.Retry{BaseDelay: time.Hour, MaxDelay: time.Hour}}, 2, 0},
		"asked to wait for long":       {failing(9, late), client.Config{}, 1, connect.CodeUnavailable},
		"not idempotent":               {failing(9, unavailable), client.Config{Interceptors: []connect.ClientInterceptor{downgrade}}, 1, connect.CodeUnavailable},
		"final answer":                 {failing(9, connect.NewError(connect.CodeNotFound, "no")), client.Config{}, 1, connect.CodeNotFound},
	}
	for name, test := range tests {
		for _, protocol := range []client.Protocol{client.ProtocolConnect, client.ProtocolGRPC, client.ProtocolGRPCWeb} {
			t.Run(name+"/"+protocol.String(), func(t *testing.T) {
				t.Parallel()
				server := startServer(t, serverOptions{answer: test.answer})
				cfg := test.cfg
				cfg.Addresses, cfg.Protocol = []string{server.url()}, protocol
				err := echo(t.Context(), newClient(t, cfg), "x")
				if test.wantCode == 0 && err != nil || test.wantCode != 0 && connect.CodeOf(err) != test.wantCode {
					t.Errorf("error is %v, want code %v", err, test.wantCode)
				}
				if n := server.calls.Load(); n != test.wantCalls {
					t.Errorf("%d calls, want %d", n, test.wantCalls)
				}
			})
		}
	}
}

// dropper cuts every connection as soon as the request arrived.
func dropper(t *testing.T) (string, *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	var dropped atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1024))
			dropped.Add(1)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return listener.Addr().String(), &dropped
}

func TestRetriesOfBrokenConnections(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		with []connect.ClientInterceptor
		want bool // the second server is tried
	}{
		{"idempotent", nil, true},
		{"not idempotent", []connect.ClientInterceptor{downgrade}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			bad, dropped := dropper(t)
			good := startServer(t, serverOptions{})
			c := newClient(t, client.Config{Addresses: []string{bad, good.hostPort}, Interceptors: test.with})
			var failures int
			for range 4 {
				if err := echo(t.Context(), c, "x"); err != nil {
					failures++
				}
			}
			if dropped.Load() == 0 {
				t.Error("the bad server was never tried")
			}
			if test.want != (failures == 0) {
				t.Errorf("%d of 4 calls failed", failures)
			}
		})
	}
}

func TestUnsentCallsAreRetriedWhateverTheyDo(t *testing.T) {
	t.Parallel()
	good := startServer(t, serverOptions{})
	c := newClient(t, client.Config{
		Addresses:    []string{closedPort(t), good.hostPort, closedPort(t)},
		Interceptors: []connect.ClientInterceptor{downgrade},
	})
	for range 6 {
		check(t, echo(t.Context(), c, "x"))
	}
	if n := good.calls.Load(); n != 6 {
		t.Errorf("%d calls, want 6", n)
	}
}

func TestStreamsAreNotReplayed(t *testing.T) {
	t.Parallel()
	bad, dropped := dropper(t)
	c := newClient(t, client.Config{Addresses: []string{bad}})
	stream, err := bidirectionalv1connect.NewBidirectionalServiceClient(c.Connect()).GetServerResponse(t.Context())
	check(t, err)
	defer stream.Close()
	_ = stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: "x"}) // Receive has the error
	if _, err = stream.Receive(); err == nil {
		t.Fatal("a dropped stream delivered something")
	}
	if retryable, _ := client.Retryable(err); !retryable || client.Explain(err).Code != connect.CodeUnavailable {
		t.Errorf("%v is explained as %s, retryable %t", err, client.Explain(err), retryable)
	}
	if n := dropped.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestDeadlineHoldsForAllAttempts(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	c := newClient(t, client.Config{
		Addresses: []string{closedPort(t)},
		Retry:     client.Retry{MaxAttempts: 10, BaseDelay: time.Hour, MaxDelay: time.Hour},
	})
	start := time.Now()
	err := echo(ctx, c, "x")
	if err == nil || time.Since(start) > 5*time.Second {
		t.Errorf("error %v after %s", err, time.Since(start))
	}
}

func TestCallInfoIsTheLastAttempts(t *testing.T) {
	t.Parallel()
	server := startServer(t, serverOptions{answer: func(attempt int64) error {
		if attempt == 1 {
			return connect.NewError(connect.CodeUnavailable, "again")
		}
		return nil
	}})
	var seen atomic.Int64
	counting := func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			seen.Add(1)
			return next(ctx, spec)
		}
	}
	c := newClient(t, client.Config{Addresses: []string{server.url()}, Interceptors: []connect.ClientInterceptor{counting}})
	ctx, info := connect.NewClientContext(t.Context())
	check(t, echo(ctx, c, "x"))
	if got := info.ResponseHeader().Values("Content-Type"); len(got) > 1 {
		t.Errorf("headers of two attempts are mixed: %q", got)
	}
	if seen.Load() != 1 {
		t.Errorf("the interceptor saw %d calls, want 1", seen.Load())
	}
}

func TestRetryable(t *testing.T) {
	t.Parallel()
	wait := withDetail(t, connect.NewError(connect.CodeResourceExhausted, "full"), &errdetails.RetryInfo{RetryDelay: durationpb.New(2 * time.Second)})
	for name, test := range map[string]struct {
		err  error
		want bool
		wait time.Duration
	}{
		"nil":                 {nil, false, 0},
		"closed":              {client.ErrClosed, false, 0},
		"unavailable":         {connect.NewError(connect.CodeUnavailable, ""), true, 0},
		"retry info":          {wait, true, 2 * time.Second},
		"not found":           {connect.NewError(connect.CodeNotFound, ""), false, 0},
		"canceled":            {connect.NewError(connect.CodeCanceled, "").WithCause(context.Canceled), false, 0},
		"own deadline":        {connect.NewError(connect.CodeDeadlineExceeded, "").WithCause(context.DeadlineExceeded), false, 0},
		"something else":      {errors.New("x"), false, 0},
		"cleartext token":     {&client.TransportError{Err: client.ErrCleartextToken}, false, 0},
		"HTTP/1.1 peer":       {&client.TransportError{Err: client.ErrHTTP1Peer}, false, 0},
		"connection reset":    {&client.TransportError{Err: client.ErrReset}, true, 0},
		"could not be dialed": {&client.TransportError{Err: &net.OpError{Op: "dial", Err: errors.New("x")}}, true, 0},
	} {
		if got, delay := client.Retryable(test.err); got != test.want || delay != test.wait {
			t.Errorf("%s: got %t, %s", name, got, delay)
		}
	}
}
