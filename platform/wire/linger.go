package wire

import (
	"context"
	"io"
	"net"
	"time"
)

const (
	// lastFlush is how long a closed connection still takes what is written to it.
	// http.Server.Shutdown closes connections as soon as they have no requests, while
	// the end of the last response may be on its way from one goroutine to the next.
	lastFlush = 50 * time.Millisecond
	// lingerTimeout is how long the client then has to read what was written, and to
	// close the connection.
	lingerTimeout = 5 * time.Second
	// lingerBytes is how much of what a client still sends is read meanwhile. It is
	// more than net/http lets a client have in flight.
	lingerBytes = 4 << 20
)

// Wait waits for the closed connections whose clients have not read everything yet. It
// closes those for good that are left when ctx ends. Connections that are closed
// afterwards are not waited for. It is for the end of a program: the kernel forgets what
// it has not sent when a process ends with bytes from the client unread, or when the
// client sends more.
func (l *Listener) Wait(ctx context.Context) {
	for {
		conn := l.lingerer()
		if conn == nil {
			return
		}
		select {
		case <-conn.ended:
		case <-ctx.Done():
			l.abandon()
			return
		}
	}
}

// lingerer returns a connection that lingers. If there is none, none will any more.
func (l *Listener) lingerer() *batchConn {
	l.mu.Lock()
	defer l.mu.Unlock()
	for conn := range l.lingering {
		return conn
	}
	l.over = true
	return nil
}

func (l *Listener) abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for conn := range l.lingering {
		_ = conn.Conn.Close() // ends its goroutine
	}
}

// Close ends the connection. One that carried requests of HTTP/2 lingers: the client
// may be behind with reading the last responses, and go on sending what belongs to it
// (window updates, acknowledgements). If nobody read that, the kernel would reset the
// connection and forget what it has not sent yet. net/http knows this only of HTTP/1.1.
//
// Reading and writing go on for a moment, and then fail.
func (c *batchConn) Close() error {
	if !c.multiplexed.Load() {
		return c.Conn.Close()
	}
	select {
	case <-c.gone:
		return c.Conn.Close()
	default:
	}
	if !c.owner.linger(c) {
		return c.Conn.Close()
	}
	return nil
}

// linger starts what ends conn, once. It returns false after Wait.
func (l *Listener) linger(conn *batchConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return false
	}
	if conn.ended == nil {
		conn.ended = make(chan struct{})
		l.lingering[conn] = struct{}{}
		go conn.linger()
	}
	return true
}

func (c *batchConn) linger() {
	defer func() {
		_ = c.Conn.Close()
		c.owner.mu.Lock()
		delete(c.owner.lingering, c)
		c.owner.mu.Unlock()
		close(c.ended)
	}()
	select {
	case <-c.gone:
		return
	case <-time.After(lastFlush):
	}
	_ = c.CloseWrite()
	_ = c.SetReadDeadline(time.Now()) // net/http's reader gives way
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.SetReadDeadline(time.Now().Add(lingerTimeout))
	_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
}

// leave notes that the client has left, or that the connection is broken.
func (c *batchConn) leave() { c.leaving.Do(func() { close(c.gone) }) }

// broken reports whether err says that a connection is of no use any more.
func broken(err error) bool {
	if err == nil {
		return false
	}
	timeout, ok := err.(net.Error) //nolint:errorlint // of a connection, unwrapped
	return !ok || !timeout.Timeout()
}
