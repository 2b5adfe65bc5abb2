package faults_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"

	"connectrpc.com/connect/v2"

	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/tests/harness"
	"github.com/parleyhq/parley/tests/rawrpc"
)

const (
	unaryProcedure  = "/parley.unary.v1.UnaryService/GetServerResponse"
	duplexProcedure = "/parley.bidirectional.v1.BidirectionalService/GetServerResponse"
	healthCheck     = "/grpc.health.v1.Health/Check"
	healthWatch     = "/grpc.health.v1.Health/Watch"

	maxMessageBytes = 4 << 20 // the server's default
)

// bomb is about 1 MB of gzip that expands to 1 GiB: one compressed block of
// spaces, which JSON skips and Protobuf does not, repeated (RFC 1952 allows
// several members).
func bomb(t *testing.T) []byte {
	t.Helper()
	const members, memberBytes = 64, 16 << 20
	return bytes.Repeat(compress(t, memberBytes), members)
}

// compress returns so many spaces, compressed.
func compress(t *testing.T, size int64) []byte {
	t.Helper()
	var compressed bytes.Buffer
	writer := gzip.NewWriter(&compressed)
	if _, err := io.Copy(writer, io.LimitReader(spaces{}, size)); err != nil {
		t.Fatalf("compress: %v", err)
	}
	if err := writer.Close(); err != nil {
		t.Fatalf("compress: %v", err)
	}
	return compressed.Bytes()
}

type spaces struct{}

func (spaces) Read(data []byte) (int, error) {
	for i := range data {
		data[i] = ' '
	}
	return len(data), nil
}

// TestDecompressionBomb sends the bomb to every kind of method over every wire,
// and watches the peak memory of the process. Messages of the largest size come
// first: what those cost is not the bombs' doing. The server collects garbage
// early, so that the figure is what it needs and not what it leaves lying about.
func TestDecompressionBomb(t *testing.T) { //nolint:paralleltest // sets the environment
	t.Setenv("GOGC", "20")
	t.Setenv("GOMEMLIMIT", "1TiB") // so that the server makes no reserve, which would count
	payload := bomb(t)
	t.Logf("the bomb has %d bytes", len(payload))
	pair := harness.StartPair(t)
	for _, server := range []*harness.Server{pair.Clear, pair.Encrypted} {
		for _, procedure := range []string{unaryProcedure, duplexProcedure} {
			burn(t, pair, server, procedure, compress(t, maxMessageBytes), connect.CodeInvalidArgument)
		}
		before := server.PeakMemory(t)
		for _, procedure := range []string{unaryProcedure, duplexProcedure, healthCheck, healthWatch} {
			burn(t, pair, server, procedure, payload, connect.CodeResourceExhausted)
		}
		burn(t, pair, server, "/no.such.Service/Method", payload, connect.CodeUnimplemented)
		room := 4 * maxMessageBytes // of the 1 GiB; two have been too few once in 20 runs
		if harness.RaceEnabled() {
			room *= 8 // the race detector keeps up to ten bytes for each of the program's
		}
		grown := server.PeakMemory(t) - before
		t.Logf("the peak grew by %d KiB, from %d", grown>>10, before>>10)
		if grown > room {
			t.Errorf("the peak of memory grew by %d KiB, want at most %d", grown>>10, room>>10)
		}
	}
}

// burn sends a compressed payload over every wire that a server and a method
// have and expects to be refused.
func burn(t *testing.T, pair harness.Pair, server *harness.Server, procedure string, payload []byte, want connect.Code) {
	t.Helper()
	for _, wire := range harness.Wires() {
		if pair.Server(wire) != server || procedure == duplexProcedure && !wire.Duplex() {
			continue
		}
		answer, err := rawrpc.Do(server.HTTP(t, wire.HTTP), server.URL, rawrpc.Call{
			Wire: wire, Procedure: procedure, Stream: procedure == duplexProcedure || procedure == healthWatch,
			Gzip: true, Messages: [][]byte{payload},
		})
		if err != nil {
			t.Errorf("%s, %s: %v", wire, procedure, err)
			continue
		}
		if answer.Code != want {
			t.Errorf("%s, %s: %v %q, want %v", wire, procedure, answer.Code, answer.Text, want)
		}
		if own := procedure == unaryProcedure || procedure == duplexProcedure; own &&
			want == connect.CodeResourceExhausted && answer.Reason() != "MESSAGE_TOO_LARGE" {
			t.Errorf("%s, %s: reason %q, want MESSAGE_TOO_LARGE", wire, procedure, answer.Reason())
		}
	}
}

// TestOversize sends messages larger than the limit without compression. The
// server must not wait for the rest of what it will not take.
func TestOversize(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	for _, protocol := range []client.Protocol{client.ProtocolConnect, client.ProtocolGRPC, client.ProtocolGRPCWeb} {
		wire := harness.Wire{Protocol: protocol}
		t.Run(wire.String(), func(t *testing.T) {
			t.Parallel()
			answer, err := rawrpc.Do(server.HTTP(t, wire.HTTP), server.URL, rawrpc.Call{
				Wire: wire, Procedure: duplexProcedure, Stream: true,
				Body: []byte{0, 0xff, 0xff, 0xff, 0xff, 'x'}, // a message of 4 GiB begins
			})
			if err != nil {
				t.Fatal(err)
			}
			if answer.Code != connect.CodeResourceExhausted || answer.Reason() != "MESSAGE_TOO_LARGE" {
				t.Errorf("answer = %v %q %q, want MESSAGE_TOO_LARGE", answer.Code, answer.Reason(), answer.Text)
			}
		})
	}
}
