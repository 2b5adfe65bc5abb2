package wire

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

const readBuffer = 32 << 10

// body is a request body that takes what has arrived in one go: each read from
// net/http's HTTP/2 body costs a message to the connection's goroutine.
type body struct {
	source   io.ReadCloser
	ended    atomic.Bool // the source has reported its end or an error
	complete atomic.Bool // the source has reported its end; of unbuffered bodies only
	closed   atomic.Bool

	// mu is held during a read, so that the buffer goes back to the pool only
	// when nobody can be reading into it.
	mu     sync.Mutex
	buffer *bufio.Reader // nil if unbuffered or given back
	pool   *sync.Pool
}

// open makes b the body that reads from source.
func (b *body) open(source io.ReadCloser, buffered bool, pool *sync.Pool) *body {
	b.source, b.pool = source, pool
	if buffered {
		reader, ok := pool.Get().(*bufio.Reader)
		if !ok {
			reader = bufio.NewReaderSize(nil, readBuffer)
		}
		reader.Reset(source)
		b.buffer = reader
	}
	return b
}

// Read fills p with what has arrived, waiting for the first byte only.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	if b.buffer == nil {
		n, err := b.source.Read(p)
		if err != nil {
			b.complete.Store(errors.Is(err, io.EOF))
			b.ended.Store(true)
		}
		return n, err
	}
	n, err := b.buffer.Read(p)
	if err != nil {
		// bufio reports an error only when it holds no more bytes. Most streams
		// are read to the end early, and then live for long: they need no buffer.
		b.ended.Store(true)
		b.giveBack()
	}
	return n, err
}

// Close ends the body. It wakes a blocked Read, and therefore takes no lock.
func (b *body) Close() error {
	b.closed.Store(true)
	return b.source.Close()
}

func (b *body) atEnd() bool { return b.ended.Load() || b.closed.Load() }

// release gives the buffer back after the request, except when a goroutine that
// the handler left behind still reads into it: then the garbage collector has it.
func (b *body) release() {
	b.closed.Store(true)
	if b.mu.TryLock() {
		b.giveBack()
		b.mu.Unlock()
	}
}

// drained reports whether a handler that reads and writes in turn has read all that
// has arrived of a body that goes on.
func (b *body) drained() bool {
	if !b.mu.TryLock() {
		return false // another goroutine is reading
	}
	defer b.mu.Unlock()
	return b.buffer != nil && b.buffer.Buffered() == 0
}

func (b *body) giveBack() {
	if b.buffer != nil {
		b.buffer.Reset(nil)
		b.pool.Put(b.buffer)
		b.buffer = nil
	}
}
