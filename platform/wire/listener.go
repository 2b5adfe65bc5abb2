package wire

import (
	"bufio"
	"bytes"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
)

// readAhead is as much as net/http's HTTP/1.1 server asks for at once: its reads
// pass the buffer by.
const readAhead = 4 << 10

// BatchFrames returns a listener whose connections move HTTP/2 frames in fewer
// system calls.
//
// net/http's HTTP/2 server asks the connection for a frame's nine-byte header and
// then for its payload, two system calls for each small frame; here all frames that
// have arrived cost one. It writes as soon as it has a frame and no other waits;
// here a write lets the goroutines run first that are ready to, so that their
// frames gather for the next write. On an idle server nothing is ready, and the
// write happens at once. A connection takes 4 KiB more.
//
// HTTP/1.1 is only read ahead. Over TLS the two cannot be told apart here, and
// both yield.
func BatchFrames(listener net.Listener) net.Listener {
	return batchListener{listener}
}

type batchListener struct{ net.Listener }

func (l batchListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &batchConn{Conn: conn, reader: bufio.NewReaderSize(conn, readAhead)}, nil
}

// batchConn leaves deadlines and closing to the connection: an error of reading, a
// passed deadline included, comes after the bytes that arrived before it, and is
// not remembered.
type batchConn struct {
	net.Conn

	framed atomic.Bool // speaks HTTP/2, or TLS

	// net.Conn allows concurrent reads. They are never meant to be, so the lock is
	// free; a blocked reader is woken by a deadline or Close, which take none.
	mu     sync.Mutex
	reader *bufio.Reader
	begun  bool // something was read
}

func (c *batchConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.reader.Read(p)
	if n > 0 && !c.begun {
		c.begun = true
		c.framed.Store(isFramed(p[:n]))
	}
	return n, err
}

// isFramed recognises the preface of HTTP/2 (RFC 9113 section 3.4), of which no
// method of HTTP/1.1 is a beginning, and the handshake of TLS (RFC 8446 section 5.1).
func isFramed(begin []byte) bool {
	const handshake = 22
	return begin[0] == handshake || bytes.HasPrefix(begin, []byte("PRI"))
}

// Write is called by one goroutine of net/http's for each round of frames, while
// the others go on handing in theirs.
func (c *batchConn) Write(p []byte) (int, error) {
	if c.framed.Load() {
		runtime.Gosched()
	}
	return c.Conn.Write(p)
}

// CloseWrite lets net/http end an HTTP/1.1 connection without a reset, which
// could overtake the last answer.
func (c *batchConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
