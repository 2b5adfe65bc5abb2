package delivery

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

const (
	// smallResponse is how many bytes of messages a response always may have.
	smallResponse = 8 << 10
	// LargeBytes is the room for responses that are larger.
	LargeBytes = share * store.MaxRecordBytes
	// share is the part of the room that is left which a response may have: the more
	// large ones there are, the smaller they become.
	share = 64
	// readerBytes is what each reader takes of the room, because its stream keeps as
	// much; but all of them together leave an eighth.
	readerBytes = 16 << 10
)

// Buffers bounds the memory of responses under way: a client that stops reading
// keeps its response until its stream ends. Few responses may be large, many are
// smaller, and where there is no room each may still be small, or one message. It is
// safe for concurrent use.
type Buffers struct {
	size    int64        // bytes
	taken   atomic.Int64 // by responses; more than size where messages are large
	readers atomic.Int64
	pools   [len(capacities)]sync.Pool
}

// capacities are the sizes of the buffers that are used again. Several, so that
// what a response keeps has about its size.
var capacities = [...]int{smallResponse, 64 << 10, store.MaxRecordBytes} //nolint:gochecknoglobals // a constant list

// buffer is what one response is put together in.
type buffer struct{ bytes []byte }

// NewBuffers returns buffers with room for so many bytes.
func NewBuffers(size int64) *Buffers { return &Buffers{size: size} }

// response returns the memory for a reader's next response, which its client may be
// slow to take. It never waits.
func (b *Buffers) response() response {
	return b.within(b.size - min(b.readers.Load()*readerBytes, b.size/8*7))
}

// page returns the memory for a page, which is given back before anything is sent.
func (b *Buffers) page() response { return b.within(b.size) }

func (b *Buffers) within(size int64) response {
	room := size - b.taken.Load()
	r := response{owner: b, limit: max(smallResponse, int(min(room/share, store.MaxRecordBytes)))}
	r.reserve(r.limit)
	return r
}

// capacity returns the smallest of the capacities that so many bytes fit into, or
// their number if there is none.
func capacity(size int) int {
	for _, capacity := range capacities {
		if size <= capacity {
			return capacity
		}
	}
	return size
}

// get returns an empty buffer with room for so many bytes.
func (b *Buffers) get(size int) *buffer {
	if i := slices.Index(capacities[:], capacity(size)); i >= 0 {
		if used, ok := b.pools[i].Get().(*buffer); ok {
			return used
		}
	}
	return &buffer{bytes: make([]byte, 0, capacity(size))}
}

// put takes back a buffer that nobody uses any more. One that has grown is left to
// the garbage collector if no pool has buffers like it.
func (b *Buffers) put(used *buffer) {
	for i := len(capacities) - 1; i >= 0; i-- {
		if size := cap(used.bytes); size >= capacities[i] {
			if size <= 2*capacities[i] {
				b.pools[i].Put(used)
			}
			return
		}
	}
}
