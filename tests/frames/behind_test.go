package frames_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/parleyhq/parley/tests/harness"
)

// A server that stops leaves a client the time to read answers that it is behind with,
// while the client goes on sending what belongs to that: answers which lie in the
// server's kernel would be lost if such a frame met a closed connection.
func TestStopWhileClientIsBehind(t *testing.T) {
	t.Parallel()
	const (
		calls   = 50
		behind  = 3 * time.Second // net/http waits a second
		between = 20 * time.Millisecond
	)
	server := harness.Start(t)
	c := connectNarrow(t, server)
	text := strings.Repeat("x", 1000) // all answers together fit into the connection's window
	for call := range uint32(calls) {
		stream := 2*call + 1
		if err := errors.Join(c.open(stream, unaryPath), c.WriteData(stream, true, message(text))); err != nil {
			t.Fatal(err)
		}
	}
	harness.Eventually(t, "all calls are answered", func() bool {
		return len(server.Logged(func(line harness.Line) bool { return line.Text("msg") == "call" })) == calls
	})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		server.Stop(t)
	}()
	pings := time.NewTicker(between)
	defer pings.Stop()
	for end := time.Now().Add(behind); time.Now().Before(end); <-pings.C {
		if err := c.WritePing(false, [8]byte{}); err != nil {
			t.Fatalf("the connection ended before its answers were read: %v", err)
		}
	}
	answered := 0
	for {
		frame, err := c.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("after %d of %d answers: %v", answered, calls, err)
		}
		if headers, ok := frame.(*http2.MetaHeadersFrame); ok && headers.StreamEnded() {
			if status := field(headers, "grpc-status"); status != "0" {
				t.Errorf("status %s", status)
			}
			answered++
		}
	}
	if answered != calls {
		t.Errorf("%d answers of %d", answered, calls)
	}
	_ = c.Close()
	<-stopped
}

// A client that does not close its connection delays the end of a server by a few
// seconds and no more.
func TestStopWithSilentClient(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	c := connect(t, server)
	if err := errors.Join(c.open(1, unaryPath), c.WriteData(1, true, message("a"))); err != nil {
		t.Fatal(err)
	}
	c.await(t, "the answer", trailer(1))
	began := time.Now()
	server.Stop(t)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the server took %s to stop", took)
	}
}

// connectNarrow connects with a receive buffer that holds little: the rest stays with
// the server.
func connectNarrow(t *testing.T, server *harness.Server) *conn {
	t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		controlErr := raw.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
		})
		return errors.Join(controlErr, err)
	}}
	raw, err := dialer.DialContext(t.Context(), "tcp", server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	return begin(t, raw)
}
