package client_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"

	"github.com/parleyhq/parley/platform/client"
)

func TestEveryProtocolCodecAndConnection(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	servers := map[string]*testServer{
		"h2c":   startServer(t, serverOptions{}),
		"tls":   startServer(t, serverOptions{tls: ca.server(t)}),
		"http1": startServer(t, serverOptions{http1: true}),
	}
	for name, server := range servers {
		for _, protocol := range []client.Protocol{client.ProtocolConnect, client.ProtocolGRPC, client.ProtocolGRPCWeb} {
			for _, codec := range []client.Codec{client.CodecProto, client.CodecJSON} {
				cfg := client.Config{Addresses: []string{server.url()}, Protocol: protocol, Codec: codec}
				wantProto := "HTTP/2.0"
				switch name {
				case "tls":
					cfg.TLS.CAFile = ca.file("ca.pem")
				case "http1":
					cfg.HTTP, wantProto = client.HTTP1, "HTTP/1.1"
					if protocol == client.ProtocolGRPC {
						continue // refused: see TestValidate
					}
				}
				t.Run(fmt.Sprintf("%s/%s/%s", name, protocol, codec), func(t *testing.T) {
					t.Parallel()
					c := newClient(t, cfg)
					check(t, echo(t.Context(), c, strings.Repeat("hello ", 10_000)))
					if _, proto := server.last(); proto != wantProto {
						t.Errorf("served over %s, want %s", proto, wantProto)
					}
					testBidi(t, c, cfg.HTTP)
				})
			}
		}
	}
}

func testBidi(t *testing.T, c *client.Client, version client.HTTPVersion) {
	t.Helper()
	stream, err := bidirectionalv1connect.NewBidirectionalServiceClient(c.Connect()).GetServerResponse(t.Context())
	if version == client.HTTP1 {
		if connect.CodeOf(err) != connect.CodeUnimplemented {
			t.Errorf("bidirectional stream over HTTP/1.1: %v, want UNIMPLEMENTED", err)
		}
		return
	}
	check(t, err)
	defer stream.Close()
	for _, message := range []string{"First", "Second"} {
		check(t, stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: message}))
		answer, err := stream.Receive()
		check(t, err)
		if answer.GetMessage() != message {
			t.Errorf("got %q, want %q", answer.GetMessage(), message)
		}
	}
	check(t, stream.CloseSend())
	if _, err := stream.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last answer: %v, want io.EOF", err)
	}
}

func TestHeadersAndCompression(t *testing.T) {
	t.Parallel()
	server := startServer(t, serverOptions{})
	c := newClient(t, client.Config{
		Addresses: []string{server.hostPort}, // without a scheme: http
		Token:     client.StaticToken("secret"),
	})
	check(t, echo(t.Context(), c, strings.Repeat("x", 5000)))
	header, _ := server.last()
	if got := header.Get("Authorization"); got != "Bearer secret" {
		t.Errorf("Authorization is %q", got)
	}
	if got := header.Get("User-Agent"); !strings.HasPrefix(got, "parley-go/") {
		t.Errorf("User-Agent is %q", got)
	}
	if got := header.Get("Content-Encoding"); got != "" {
		t.Errorf("request was compressed with %q by default", got)
	}
	c = newClient(t, client.Config{Addresses: []string{server.hostPort}, CompressRequests: true, UserAgent: "mine/1"})
	check(t, echo(t.Context(), c, strings.Repeat("x", 5000)))
	header, _ = server.last()
	if got := header.Get("Content-Encoding"); got != "gzip" {
		t.Errorf("Content-Encoding is %q, want gzip", got)
	}
	if got := header.Get("User-Agent"); got != "mine/1" {
		t.Errorf("User-Agent is %q", got)
	}
}

func TestCompressMinBytes(t *testing.T) {
	t.Parallel()
	server := startServer(t, serverOptions{})
	for _, test := range []struct {
		minimum, size int
		compressed    bool
	}{
		{0, 1000, false},
		{0, 1100, true}, // the default, 1 KiB
		{100, 50, false},
		{100, 150, true},
		{-1, 0, true},
		{-1, 50, true},
	} {
		c := newClient(t, client.Config{Addresses: []string{server.url()}, CompressRequests: true, CompressMinBytes: test.minimum})
		check(t, echo(t.Context(), c, strings.Repeat("x", test.size)))
		header, _ := server.last()
		if got := header.Get("Content-Encoding") == "gzip"; got != test.compressed {
			t.Errorf("minimum %d, message of %d bytes: compressed is %t", test.minimum, test.size, got)
		}
	}
}

func TestHTTPGet(t *testing.T) {
	t.Parallel()
	server := startServer(t, serverOptions{})
	for _, test := range []struct {
		cfg  client.Config
		size int
		want string
	}{
		{client.Config{}, 10, "POST"},
		{client.Config{HTTPGet: true}, 10, "GET"},
		{client.Config{HTTPGet: true}, 9000, "POST"}, // too long for a URL
		{client.Config{HTTPGet: true, Codec: client.CodecJSON}, 10, "GET"},
		{client.Config{HTTPGet: true, Protocol: client.ProtocolGRPC}, 10, "POST"},
	} {
		test.cfg.Addresses = []string{server.url()}
		check(t, echo(t.Context(), newClient(t, test.cfg), strings.Repeat("x", test.size)))
		if got := server.lastMethod(); got != test.want {
			t.Errorf("%d bytes over %s, HTTPGet %t: sent by %s, want %s", test.size, test.cfg.Protocol, test.cfg.HTTPGet, got, test.want)
		}
	}
}

func TestMaxReadBytes(t *testing.T) {
	t.Parallel()
	server := startServer(t, serverOptions{})
	c := newClient(t, client.Config{Addresses: []string{server.url()}, MaxReadBytes: 1000})
	check(t, echo(t.Context(), c, strings.Repeat("x", 900)))
	if err := echo(t.Context(), c, strings.Repeat("x", 1100)); connect.CodeOf(err) != connect.CodeResourceExhausted {
		t.Errorf("answer above the limit: %v, want RESOURCE_EXHAUSTED", err)
	}
	if n := server.calls.Load(); n != 2 {
		t.Errorf("%d calls reached the server, want 2: an oversize answer must not be retried", n)
	}
}
