package wire

import (
	"bufio"
	"net"
	"sync"
)

// readAhead is as much as net/http's HTTP/1.1 server asks for at once: its reads
// pass the buffer by.
const readAhead = 4 << 10

// BufferReads returns a listener whose connections read ahead. net/http's HTTP/2
// server asks the connection for a frame's nine-byte header and then for its
// payload, two system calls for each small frame; with the buffer all frames that
// have arrived cost one. A connection takes 4 KiB more.
func BufferReads(listener net.Listener) net.Listener {
	return bufferedListener{listener}
}

type bufferedListener struct{ net.Listener }

func (l bufferedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &bufferedConn{Conn: conn, reader: bufio.NewReaderSize(conn, readAhead)}, nil
}

// bufferedConn leaves writing, deadlines and closing to the connection: an error
// of reading, a passed deadline included, comes after the bytes that arrived
// before it, and is not remembered.
type bufferedConn struct {
	net.Conn

	// net.Conn allows concurrent reads. They are never meant to be, so the lock is
	// free; a blocked reader is woken by a deadline or Close, which take none.
	mu     sync.Mutex
	reader *bufio.Reader
}

func (c *bufferedConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reader.Read(p)
}

// CloseWrite lets net/http end an HTTP/1.1 connection without a reset, which
// could overtake the last answer.
func (c *bufferedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
