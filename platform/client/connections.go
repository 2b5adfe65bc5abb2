package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// Errors found by looking at how a cleartext HTTP/2 connection begins.
var (
	// ErrHTTP1Peer: the peer answered HTTP/2 with HTTP/1.
	ErrHTTP1Peer = errors.New("peer speaks only HTTP/1.1")
	// ErrNotHTTP2: the peer answered HTTP/2 with something else.
	ErrNotHTTP2 = errors.New("peer does not speak HTTP/2")
	// ErrTLSPeer: the peer answered cleartext with TLS.
	ErrTLSPeer = errors.New("peer expects TLS")
	// ErrSilentPeer: the peer closed the connection before it sent anything. It
	// may expect TLS, or have stopped at this moment.
	ErrSilentPeer = errors.New("peer closed the connection without an answer")
)

// settingsFrame is the type of the frame with which HTTP/2 begins (RFC 9113).
const settingsFrame = 4

// lastWords bounds the wait for a Read that is in progress.
const lastWords = time.Second

// connections dials and knows every open connection, so that closing the
// client closes them all: net/http offers that only for idle ones.
type connections struct {
	dialer net.Dialer
	// sniff looks at the first bytes received. Set where HTTP/2 is spoken
	// without negotiation, which is where a wrong peer goes unnoticed.
	sniff bool

	mu     sync.Mutex
	closed bool
	open   map[*connection]struct{}
	// wrong says what the latest connection to a server began with instead of
	// HTTP/2; net/http does not always pass the reader's error on.
	wrong map[string]error
}

func newConnections(cfg Config, scheme string) *connections {
	return &connections{
		dialer: net.Dialer{Timeout: cfg.DialTimeout, KeepAlive: 30 * time.Second},
		sniff:  cfg.HTTP == HTTP2 && scheme == "http",
		open:   map[*connection]struct{}{},
		wrong:  map[string]error{},
	}
}

func (c *connections) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	raw, err := c.dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	conn := &connection{Conn: raw, owner: c, addr: addr, sniff: c.sniff}
	if c.sniff {
		conn.begun = make(chan struct{})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = raw.Close()
		return nil, ErrClosed
	}
	c.open[conn] = struct{}{}
	return conn, nil
}

func (c *connections) close() {
	c.mu.Lock()
	c.closed = true
	open := c.open
	c.open = map[*connection]struct{}{}
	c.mu.Unlock()
	for conn := range open {
		_ = conn.Conn.Close()
	}
}

func (c *connections) setWrong(addr string, wrong error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if wrong == nil {
		delete(c.wrong, addr)
	} else {
		c.wrong[addr] = wrong
	}
}

// cause returns err, or what is known to have caused it.
func (c *connections) cause(addr string, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if wrong := c.wrong[addr]; wrong != nil {
		return wrong
	}
	return err
}

// connection is one TCP connection. Only its reader touches sniff.
type connection struct {
	net.Conn
	owner *connections
	addr  string // as dialed
	sniff bool
	begun chan struct{} // closed with the first Read; nil without sniff
}

// Write waits after a failure for what the peer may have said before it closed the
// connection: net/http always has a Read in progress.
func (c *connection) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil && c.begun != nil {
		select {
		case <-c.begun:
		case <-time.After(lastWords):
		}
	}
	return n, err
}

func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.sniff {
		return n, err
	}
	c.sniff = false
	defer close(c.begun)
	wrong := wrongPeer(p[:n])
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		wrong = ErrSilentPeer
	}
	c.owner.setWrong(c.addr, wrong)
	if wrong != nil {
		return 0, wrong
	}
	return n, err
}

func (c *connection) Close() error {
	c.owner.mu.Lock()
	delete(c.owner.open, c)
	c.owner.mu.Unlock()
	return c.Conn.Close()
}

// wrongPeer recognizes what cannot start an HTTP/2 connection: an HTTP/1 status
// line, a TLS alert record, and whatever has no SETTINGS where that frame's type
// belongs.
func wrongPeer(first []byte) error {
	switch {
	case bytes.HasPrefix(first, []byte("HTTP/1.")):
		return ErrHTTP1Peer
	case bytes.HasPrefix(first, []byte{21, 3}):
		return ErrTLSPeer
	case len(first) > 3 && first[3] != settingsFrame:
		return ErrNotHTTP2
	}
	return nil
}
