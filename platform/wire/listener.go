package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
)

// readAhead is as much as net/http's HTTP/1.1 server asks for at once: its reads
// pass the buffer by.
const readAhead = 4 << 10

// BatchFrames returns a listener whose connections move HTTP/2 frames in fewer
// system calls. The server needs [ConnContext] and [Streams] too, or writes go
// through as they are.
//
// net/http's HTTP/2 server asks the connection for a frame's nine-byte header and
// then for its payload, two system calls for each small frame; here all frames that
// have arrived cost one. It writes as soon as it has a frame and no other waits;
// here a write lets the goroutines run first that are ready to, so that their
// frames gather for the next write. Where the connection has one request, there is
// nobody to wait for, and the write happens at once, except that of a ping's
// acknowledgement: it leaves with the next frames, or when the goroutines have run
// that are ready to. A connection takes 4 KiB more.
//
// HTTP/1.1 has one request at a time, and is only read ahead.
func BatchFrames(listener net.Listener) *Listener {
	return &Listener{Listener: listener, lingering: make(map[*batchConn]struct{})}
}

// Listener is what [BatchFrames] returns. Closing one of its connections that carried
// HTTP/2 leaves the client up to five seconds to read what was written and to close its
// side; [Listener.Wait] waits for that. It is safe for concurrent use.
type Listener struct {
	net.Listener

	mu        sync.Mutex
	lingering map[*batchConn]struct{}
	over      bool // no connection lingers any more
}

type connKey struct{}

// ConnContext is the [http.Server.ConnContext] of a server whose listener is one of
// [BatchFrames], with TLS or without.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	if batched, ok := conn.(*batchConn); ok {
		return context.WithValue(ctx, connKey{}, batched)
	}
	return ctx
}

// Accept implements [net.Listener].
func (l *Listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &batchConn{
		Conn: conn, owner: l, gone: make(chan struct{}), reader: bufio.NewReaderSize(conn, readAhead),
	}, nil
}

// batchConn leaves deadlines to the connection: an error of reading, a passed deadline
// included, comes after the bytes that arrived before it, and is not remembered.
type batchConn struct {
	net.Conn

	owner       *Listener
	multiplexed atomic.Bool  // has had a request of HTTP/2
	requests    atomic.Int32 // of HTTP/2, being handled
	out         output

	gone    chan struct{} // closed by leave
	leaving sync.Once
	ended   chan struct{} // closed when the connection has lingered; nil before; guarded by owner.mu

	// net.Conn allows concurrent reads. They are never meant to be, so the lock is
	// free; a blocked reader is woken by a deadline or Close, which take none.
	mu     sync.Mutex
	reader *bufio.Reader
}

func (c *batchConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.reader.Read(p)
	if broken(err) {
		c.leave()
	}
	return n, err
}

// Write is called by one goroutine of net/http's for each round of frames, while
// the others go on handing in theirs.
func (c *batchConn) Write(p []byte) (int, error) {
	requests := c.requests.Load()
	if requests > 1 {
		runtime.Gosched()
	}
	n, err := c.out.write(c.Conn, p, requests > 0)
	if err != nil { // also a passed deadline: the client takes nothing
		c.leave()
	}
	return n, err
}

// CloseWrite lets net/http end an HTTP/1.1 connection without a reset, which
// could overtake the last answer.
func (c *batchConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
