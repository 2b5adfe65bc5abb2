package wire

import (
	"net"
	"sync"
)

// pingAck begins an HTTP/2 frame that acknowledges a ping: eight bytes follow it
// (RFC 9113, section 6.7).
const pingAck = "\x00\x00\x08\x06\x01\x00\x00\x00\x00"

// pingAckSize is the size of that frame.
const pingAckSize = len(pingAck) + 8

// output is the writing side of a connection. Clients of grpc-go ping with almost
// every message that finds the connection idle, to estimate its bandwidth. The
// acknowledgement would be a write of its own, ahead of the answer, and the client
// would wake for it.
type output struct {
	mu     sync.Mutex
	acks   []byte // held back
	vector [2][]byte
	err    error // of writing acks alone: net/http was told that they are written
}

// write writes p, and before it what is held back. Where an answer may follow, p is
// held back itself if it is an acknowledgement, until the next write or until
// release runs, behind the goroutines that are ready to now.
//
// A deadline that is set before a later write ends a release that is stuck, and so
// does closing the connection.
func (o *output) write(conn net.Conn, p []byte, hold bool) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	if hold && len(o.acks) == 0 && isPingAck(p) {
		o.acks = append(o.acks, p...)
		go o.release(conn)
		return len(p), nil
	}
	if len(o.acks) == 0 {
		return conn.Write(p)
	}
	held := len(o.acks)
	o.vector = [2][]byte{o.acks, p}
	buffers := net.Buffers(o.vector[:])
	n, err := buffers.WriteTo(conn)
	o.acks, o.vector = o.acks[:0], [2][]byte{}
	if int(n) < held {
		o.err = err
		return 0, err
	}
	return int(n) - held, err
}

// release writes what is held back still.
func (o *output) release(conn net.Conn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.acks) > 0 {
		_, o.err = conn.Write(o.acks)
		o.acks = o.acks[:0]
	}
}

func isPingAck(p []byte) bool {
	return len(p) == pingAckSize && string(p[:len(pingAck)]) == pingAck
}
