package servertest

import (
	"context"
	"log/slog"
	"testing"

	"connectrpc.com/connect/v2"

	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/server"
)

// Server is a running server.
type Server struct {
	// URL is the base URL of its RPCs.
	URL string
}

// Start serves the services on a free loopback port, with the defaults of
// `parley serve` and without the admin listener, until the test ends. The
// server logs to the test.
func Start(t testing.TB, services ...server.Service) *Server {
	t.Helper()
	config := server.DefaultConfig()
	config.Listen, config.AdminListen = "127.0.0.1:0", ""
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	built, err := server.Build(t.Context(), log, server.Info{Name: "test", Version: "test"}, config, services...)
	if err != nil {
		t.Fatalf("build the server: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- built.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("stop the server: %v", err)
		}
	})
	return &Server{URL: built.URL()}
}

// Connect returns a client of the server, for generated constructors. It retries
// nothing, so that a test sees every failure, and is closed when the test ends.
func (s *Server) Connect(t testing.TB, wire Wire) *connect.Client {
	t.Helper()
	connected, err := client.New(client.Config{
		Addresses: []string{s.URL},
		Protocol:  wire.Protocol,
		Codec:     wire.Codec,
		HTTP:      wire.HTTP,
		Retry:     client.Retry{MaxAttempts: 1},
	})
	if err != nil {
		t.Fatalf("build the client: %v", err)
	}
	t.Cleanup(func() { _ = connected.Close() }) // never fails
	return connected.Connect()
}

// Wire is one form an RPC can take. The zero value is the Connect protocol with
// binary messages over HTTP/2.
type Wire struct {
	Protocol client.Protocol
	Codec    client.Codec
	HTTP     client.HTTPVersion
}

// Wires returns all forms over HTTP/2: three protocols with two codecs each.
func Wires() []Wire {
	var wires []Wire
	for _, protocol := range []client.Protocol{client.ProtocolConnect, client.ProtocolGRPC, client.ProtocolGRPCWeb} {
		for _, codec := range []client.Codec{client.CodecProto, client.CodecJSON} {
			wires = append(wires, Wire{Protocol: protocol, Codec: codec})
		}
	}
	return wires
}

// String names the wire in test output, such as "grpc json" or "connect json http1".
func (w Wire) String() string {
	name := w.Protocol.String() + " " + w.Codec.String()
	if w.HTTP == client.HTTP1 {
		name += " http1"
	}
	return name
}
