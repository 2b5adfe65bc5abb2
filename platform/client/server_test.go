package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"

	"github.com/parleyhq/parley/platform/client"
)

// requestID is that of every call.
const requestID = "r-7"

// testServer is a real server on loopback that echoes and counts.
type testServer struct {
	hostPort string
	secure   bool
	server   *http.Server
	calls    atomic.Int64
	open     atomic.Int64 // connections
	mu       sync.Mutex
	header   http.Header // of the last request
	proto    string
	method   string
	host     string
	answer   func(attempt int64) error // nil: success
}

// serverOptions: the zero value serves HTTP/2 without TLS.
type serverOptions struct {
	http1  bool // HTTP/1.1 only
	tls    *tls.Config
	listen string // default a free port
	answer func(attempt int64) error
}

func startServer(t *testing.T, opts serverOptions) *testServer {
	t.Helper()
	s := &testServer{answer: opts.answer, secure: opts.tls != nil}
	rpc := connect.NewServer()
	unaryv1connect.RegisterUnaryServiceHandler(rpc, unaryEcho{s})
	bidirectionalv1connect.RegisterBidirectionalServiceHandler(rpc, bidiEcho{})
	mux := http.NewServeMux()
	connecthttp.Mount(mux, rpc)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(opts.http1)
	protocols.SetHTTP2(!opts.http1)
	protocols.SetUnencryptedHTTP2(!opts.http1)
	s.server = &http.Server{
		Handler:           s.observe(mux),
		Protocols:         protocols,
		TLSConfig:         opts.tls,
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          log.New(t.Output(), "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				s.open.Add(1)
			case http.StateClosed, http.StateHijacked:
				s.open.Add(-1)
			case http.StateActive, http.StateIdle:
			}
		},
	}
	if opts.listen == "" {
		opts.listen = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", opts.listen)
	if err != nil {
		t.Fatal(err)
	}
	s.hostPort = listener.Addr().String()
	done := make(chan error, 1)
	go func() {
		if opts.tls != nil {
			done <- s.server.ServeTLS(listener, "", "")
		} else {
			done <- s.server.Serve(listener)
		}
	}()
	t.Cleanup(func() {
		_ = s.server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	return s
}

func (s *testServer) url() string {
	if s.secure {
		return "https://" + s.hostPort
	}
	return "http://" + s.hostPort
}

func (s *testServer) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.header, s.proto, s.method, s.host = r.Header.Clone(), r.Proto, r.Method, r.Host
		s.mu.Unlock()
		w.Header().Set("X-Request-ID", requestID)
		next.ServeHTTP(w, r)
	})
}

func (s *testServer) last() (http.Header, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.header, s.proto
}

// lastMethod returns the HTTP method of the last request.
func (s *testServer) lastMethod() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.method
}

// lastHost returns the Host of the last request.
func (s *testServer) lastHost() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.host
}

type unaryEcho struct{ *testServer }

func (e unaryEcho) GetServerResponse(_ context.Context, req *unaryv1.GetServerResponseRequest) (*unaryv1.GetServerResponseResponse, error) {
	n := e.calls.Add(1)
	if e.answer != nil {
		if err := e.answer(n); err != nil {
			return nil, err
		}
	}
	return &unaryv1.GetServerResponseResponse{Message: req.GetMessage(), Received: true}, nil
}

type bidiEcho struct{}

func (bidiEcho) GetServerResponse(_ context.Context, stream bidirectionalv1connect.BidirectionalServiceGetServerResponseServerStream) error {
	for {
		req, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&bidirectionalv1.GetServerResponseResponse{Message: req.GetMessage()}); err != nil {
			return err
		}
	}
}

func newClient(t *testing.T, cfg client.Config) *client.Client {
	t.Helper()
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

// echo makes one unary call.
func echo(ctx context.Context, c *client.Client, message string) error {
	_, err := unaryv1connect.NewUnaryServiceClient(c.Connect()).GetServerResponse(ctx, &unaryv1.GetServerResponseRequest{Message: message})
	return err
}

// eventually polls until the condition holds or ten seconds passed.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within a minute: %s", what)
		}
	}
}
