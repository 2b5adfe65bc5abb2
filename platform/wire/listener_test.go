package wire_test

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parleyhq/parley/platform/wire"
)

// countingListener counts the reads that reach its connections.
type countingListener struct {
	net.Listener

	reads *atomic.Int32
}

func (l countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countingConn{conn.(*net.TCPConn), l.reads}, nil
}

type countingConn struct {
	*net.TCPConn

	reads *atomic.Int32
}

func (c countingConn) Read(p []byte) (int, error) {
	c.reads.Add(1)
	return c.TCPConn.Read(p)
}

// batchedPair returns both ends of a connection accepted through BatchFrames.
func batchedPair(t *testing.T) (client, server net.Conn, reads *atomic.Int32) {
	t.Helper()
	var config net.ListenConfig
	tcp, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	reads = new(atomic.Int32)
	listener := wire.BatchFrames(countingListener{tcp, reads})
	t.Cleanup(func() { _ = listener.Close() })
	var dialer net.Dialer
	if client, err = dialer.DialContext(t.Context(), "tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if server, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return client, server, reads
}

func TestBatchFramesReads(t *testing.T) {
	t.Parallel()
	client, server, reads := batchedPair(t)
	if _, err := client.Write([]byte("headpayloadhead")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"head", "payload", "head"} {
		got := make([]byte, len(want))
		if _, err := io.ReadFull(server, got); err != nil || string(got) != want {
			t.Fatalf("read %q, %v; want %q", got, err, want)
		}
	}
	if got := reads.Load(); got != 1 {
		t.Errorf("%d reads of the connection, want 1", got)
	}
}

// net/http wakes a blocked read by a deadline in the past, and reads on later.
func TestBatchFramesDeadline(t *testing.T) {
	t.Parallel()
	client, server, _ := batchedPair(t)
	failed := make(chan error)
	go func() {
		_, err := server.Read(make([]byte, 1))
		failed <- err
	}()
	if err := server.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v, want a passed deadline", err)
	}
	if err := server.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Write([]byte("more")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if _, err := io.ReadFull(server, got); err != nil || string(got) != "more" {
		t.Fatalf("read %q, %v after the deadline", got, err)
	}
}

func TestBatchFramesCloseWrite(t *testing.T) {
	t.Parallel()
	client, server, _ := batchedPair(t)
	half, ok := server.(interface{ CloseWrite() error })
	if !ok {
		t.Fatal("the connection cannot be closed for writing")
	}
	if err := half.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatalf("the peer got %v, want the end", err)
	}
	if _, err := client.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(server, make([]byte, 1)); err != nil {
		t.Fatalf("reading after the end of writing: %v", err)
	}
}
