package harness

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"testing"

	"connectrpc.com/connect/v2"

	"github.com/parleyhq/parley/platform/client"
)

// Wire is one way to carry an RPC.
type Wire struct {
	Protocol client.Protocol
	Codec    client.Codec
	HTTP     client.HTTPVersion
	TLS      bool
}

// Wires returns every combination there is. gRPC does not exist on HTTP/1.1.
func Wires() []Wire {
	var wires []Wire
	for _, protocol := range []client.Protocol{client.ProtocolConnect, client.ProtocolGRPC, client.ProtocolGRPCWeb} {
		for _, codec := range []client.Codec{client.CodecProto, client.CodecJSON} {
			for _, version := range []client.HTTPVersion{client.HTTP2, client.HTTP1} {
				if protocol == client.ProtocolGRPC && version == client.HTTP1 {
					continue
				}
				for _, encrypted := range []bool{false, true} {
					wires = append(wires, Wire{Protocol: protocol, Codec: codec, HTTP: version, TLS: encrypted})
				}
			}
		}
	}
	return wires
}

// String names the wire in test output, such as grpc-proto-h2c.
func (w Wire) String() string {
	transport := map[bool]map[client.HTTPVersion]string{
		false: {client.HTTP2: "h2c", client.HTTP1: "http1"},
		true:  {client.HTTP2: "h2-tls", client.HTTP1: "http1-tls"},
	}[w.TLS][w.HTTP]
	return w.Protocol.String() + "-" + w.Codec.String() + "-" + transport
}

// Duplex reports whether the wire carries both directions of a stream at once.
func (w Wire) Duplex() bool { return w.HTTP == client.HTTP2 }

// Pair is one server without TLS and one with it.
type Pair struct {
	Clear, Encrypted *Server
}

// StartPair starts both servers with the same flags.
func StartPair(t testing.TB, flags ...string) Pair {
	t.Helper()
	return Pair{Clear: Start(t, flags...), Encrypted: StartTLS(t, flags...)}
}

// Server returns the server that a wire needs.
func (p Pair) Server(wire Wire) *Server {
	if wire.TLS {
		return p.Encrypted
	}
	return p.Clear
}

// Connect returns a Parley client of the server that uses the wire. It is closed
// when the test ends.
func (s *Server) Connect(t testing.TB, wire Wire) *connect.Client {
	t.Helper()
	connected, err := client.New(client.Config{
		Addresses: []string{s.URL},
		Protocol:  wire.Protocol,
		Codec:     wire.Codec,
		HTTP:      wire.HTTP,
		TLS:       client.TLS{CAFile: s.CAFile},
		Retry:     client.Retry{MaxAttempts: 1}, // a test sees every failure
	})
	if err != nil {
		t.Fatalf("build a client: %v", err)
	}
	t.Cleanup(func() { _ = connected.Close() })
	return connected.Connect()
}

// HTTP returns a plain HTTP client of the server with connections of its own.
func (s *Server) HTTP(t testing.TB, version client.HTTPVersion) *http.Client {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(version == client.HTTP1)
	protocols.SetHTTP2(version == client.HTTP2 && s.CAFile != "")
	protocols.SetUnencryptedHTTP2(version == client.HTTP2 && s.CAFile == "")
	transport := &http.Transport{Protocols: protocols, TLSClientConfig: s.TLSConfig(t), DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// TLSConfig returns what a client of the server needs to trust it, or nil for a
// server without TLS.
func (s *Server) TLSConfig(t testing.TB) *tls.Config {
	t.Helper()
	if s.CAFile == "" {
		return nil
	}
	authority, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatalf("read the authority: %v", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}
