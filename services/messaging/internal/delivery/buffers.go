package delivery

import (
	"sync"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

const (
	// smallResponse is how large responses are when no large one is free.
	smallResponse = 8 << 10
	// LargeResponses is how many large responses may be under way at a time.
	LargeResponses = 32
)

// Buffers bounds the memory of responses under way: a client that stops reading
// keeps its response until its stream ends. So many responses at a time may be
// large; while they are, the others are small, or one message. It is safe for
// concurrent use.
type Buffers struct {
	large chan *buffer
	small sync.Pool
}

// buffer is what one response is put together in.
type buffer struct {
	bytes []byte
	limit int // bytes of messages in the response
}

// keep makes used, which grew from the buffer, the buffer.
func (b *buffer) keep(used []byte) {
	if cap(used) > cap(b.bytes) {
		b.bytes = used[:0]
	}
}

// NewBuffers allows so many large responses at a time.
func NewBuffers(large int) *Buffers {
	b := &Buffers{large: make(chan *buffer, large)}
	for range large {
		b.large <- &buffer{limit: store.MaxRecordBytes}
	}
	b.small.New = func() any { return &buffer{limit: smallResponse} }
	return b
}

// get never waits.
func (b *Buffers) get() *buffer {
	select {
	case large := <-b.large:
		return large
	default:
		small, _ := b.small.Get().(*buffer)
		return small
	}
}

// put takes back a buffer that nobody uses any more.
func (b *Buffers) put(used *buffer) {
	if cap(used.bytes) > 2*store.MaxRecordBytes { // one very large message
		used.bytes = nil
	}
	if used.limit == store.MaxRecordBytes {
		b.large <- used
		return
	}
	if cap(used.bytes) > 2*smallResponse {
		used.bytes = nil
	}
	b.small.Put(used)
}
