package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"

	"github.com/parleyhq/parley/platform/client"
)

// silentListener accepts connections and never says anything.
func silentListener(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	var accepted sync.WaitGroup
	accepted.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			accepted.Go(func() {
				defer conn.Close()
				buffer := make([]byte, 4096)
				for {
					if _, err := conn.Read(buffer); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		accepted.Wait()
	})
	return listener.Addr().String()
}

// closedPort returns the address of a port nobody listens on.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	check(t, listener.Close())
	return listener.Addr().String()
}

func TestPingsFindADeadPeer(t *testing.T) {
	t.Parallel()
	c := newClient(t, client.Config{
		Addresses:       []string{silentListener(t)},
		SendPingTimeout: 100 * time.Millisecond,
		PingTimeout:     100 * time.Millisecond,
		Retry:           client.Retry{MaxAttempts: 1},
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	start := time.Now()
	err := echo(ctx, c, "anybody there?")
	if connect.CodeOf(err) != connect.CodeUnavailable {
		t.Errorf("error is %v, want UNAVAILABLE", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("noticed after %s, want about 0.2 s", took)
	}
	if retryable, _ := client.Retryable(err); !retryable {
		t.Errorf("%v is not retryable", err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"direct", "balanced"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			servers := []*testServer{startServer(t, serverOptions{}), startServer(t, serverOptions{})}
			cfg := client.Config{Addresses: []string{servers[0].url()}}
			if kind == "balanced" {
				cfg.Addresses = append(cfg.Addresses, servers[1].url())
			}
			c := newClient(t, cfg)
			var waiting []bidirectionalv1connect.BidirectionalServiceGetServerResponseClientStream
			for range 6 { // more than servers; none is ever closed by its owner
				stream, err := bidirectionalv1connect.NewBidirectionalServiceClient(c.Connect()).GetServerResponse(t.Context())
				check(t, err)
				check(t, stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: "x"}))
				_, err = stream.Receive()
				check(t, err)
				waiting = append(waiting, stream)
			}
			blocked := make(chan error, 1)
			go func() {
				_, err := waiting[0].Receive()
				blocked <- err
			}()
			check(t, c.Close())
			if err := <-blocked; !errors.Is(err, client.ErrClosed) {
				t.Errorf("stream ended with %v, want ErrClosed", err)
			}
			if err := echo(t.Context(), c, "x"); !errors.Is(err, client.ErrClosed) {
				t.Errorf("call after Close: %v, want ErrClosed", err)
			}
			eventually(t, "connections closed", func() bool { return servers[0].open.Load()+servers[1].open.Load() == 0 })
			check(t, c.Close())
		})
	}
}

// startPeer returns the address of a peer that says a few bytes and hangs up.
func startPeer(t *testing.T, says string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, says)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return listener.Addr().String()
}

// TestLastWords holds that what a wrong peer says is heard although it resets the
// connection while the client still writes.
func TestLastWords(t *testing.T) {
	t.Parallel()
	peer := startPeer(t, "HTTP/1.1 400 Bad Request\r\n\r\n")
	for range 50 {
		c := newClient(t, client.Config{Addresses: []string{peer}, Retry: client.Retry{MaxAttempts: 1}})
		if err := echo(t.Context(), c, strings.Repeat("x", 100_000)); !errors.Is(err, client.ErrHTTP1Peer) {
			t.Errorf("%v", err)
		}
	}
}

func TestExplainFailedConnections(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	refused := closedPort(t)
	http1 := startServer(t, serverOptions{http1: true})
	strange := startPeer(t, "<!DOCTYPE HTML>")
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(elsewhere.Close)
	secure := startServer(t, serverOptions{tls: ca.server(t)})
	http1TLS := ca.server(t)
	http1TLS.NextProtos = []string{"http/1.1"}
	secure1 := startServer(t, serverOptions{http1: true, tls: http1TLS})
	mutual := ca.server(t)
	mutual.ClientAuth, mutual.ClientCAs = tls.RequireAndVerifyClientCert, ca.pool
	// In TLS 1.3 the refusal comes after the client's handshake is over, and
	// net/http may report it as a connection that could not be established.
	mutual.MaxVersion = tls.VersionTLS12
	strict := startServer(t, serverOptions{tls: mutual})
	trust := client.TLS{CAFile: ca.file("ca.pem")}
	tests := map[string]struct {
		cfg  client.Config
		want []string
	}{
		"refused":            {client.Config{Addresses: []string{refused}}, []string{"cannot reach http://" + refused + ": connection refused", "Is the server running? Start one with `parley serve`."}},
		"refused, balanced":  {client.Config{Addresses: []string{refused, closedPort(t)}}, []string{"connection refused", "Is the server running?"}},
		"unknown host":       {client.Config{Addresses: []string{"parley.invalid:1"}}, []string{"cannot reach http://parley.invalid:1", "host parley.invalid"}},
		"HTTP/1.1 peer":      {client.Config{Addresses: []string{http1.url()}}, []string{"peer speaks only HTTP/1.1", "choose HTTP version 1.1"}},
		"other peer":         {client.Config{Addresses: []string{strange}}, []string{"peer does not speak HTTP/2", "Is that the address of a Parley server?"}},
		"other server":       {client.Config{Addresses: []string{elsewhere.URL}, HTTP: client.HTTP1}, []string{"unimplemented: 404 Not Found", "no answer of a Parley server", "admin port"}},
		"TLS peer":           {client.Config{Addresses: []string{"http://" + secure.hostPort}}, []string{"may expect TLS", "use an https:// address"}},
		"cleartext peer":     {client.Config{Addresses: []string{"https://" + http1.hostPort}, TLS: trust}, []string{"use an http:// address"}},
		"unknown authority":  {client.Config{Addresses: []string{secure.url()}}, []string{"authority that is not trusted here"}},
		"wrong name":         {client.Config{Addresses: []string{secure.url()}, TLS: client.TLS{CAFile: ca.file("ca.pem"), ServerName: "other.example"}}, []string{"for another name"}},
		"no HTTP/2 over TLS": {client.Config{Addresses: []string{secure1.url()}, TLS: trust}, []string{"not offer the chosen HTTP version"}},
		"client certificate": {client.Config{Addresses: []string{strict.url()}, TLS: trust}, []string{"may require a client certificate"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := echo(t.Context(), newClient(t, test.cfg), "x")
			if err == nil {
				t.Fatal("the call succeeded")
			}
			text := client.Explain(err).String()
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("explanation of %v:\n%s\nlacks %q", err, text, want)
				}
			}
		})
	}
}

func TestTLSChoices(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	config := ca.server(t)
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, ca.pool
	ca.issue(t, "client", clientTemplate())
	server := startServer(t, serverOptions{tls: config})
	files := client.TLS{CertFile: ca.file("client.pem"), KeyFile: ca.file("client-key.pem")}
	for name, change := range map[string]func(*client.TLS){
		"file": func(s *client.TLS) { s.CAFile = ca.file("ca.pem") },
		"pool": func(s *client.TLS) { s.RootCAs = ca.pool },
		"skip": func(s *client.TLS) { s.InsecureSkipVerify = true },
	} {
		settings := files
		change(&settings)
		if err := echo(t.Context(), newClient(t, client.Config{Addresses: []string{server.url()}, TLS: settings}), "x"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCleartextTokenIsRefusedOnTheWire(t *testing.T) {
	t.Parallel()
	// The list, unlike Config.Addresses, is known only when a call is made.
	list, err := client.NewAddressList("192.0.2.1:8080") // reserved for documentation
	check(t, err)
	c := newClient(t, client.Config{Addresses: []string{"http://localhost:8080"}, Resolver: list, Token: client.StaticToken("secret")})
	if err := echo(t.Context(), c, "x"); !errors.Is(err, client.ErrCleartextToken) {
		t.Errorf("error is %v, want ErrCleartextToken", err)
	}
}

func TestTokenSourceFails(t *testing.T) {
	t.Parallel()
	server := startServer(t, serverOptions{})
	sourceErr := errors.New("no token today")
	c := newClient(t, client.Config{
		Addresses: []string{server.url()},
		Token:     func(context.Context) (string, error) { return "", sourceErr },
	})
	err := echo(t.Context(), c, "x")
	if connect.CodeOf(err) != connect.CodeUnauthenticated || !errors.Is(err, sourceErr) {
		t.Errorf("error is %v, want UNAUTHENTICATED caused by the source", err)
	}
	if n := server.calls.Load(); n != 0 {
		t.Errorf("%d calls reached the server", n)
	}
}
