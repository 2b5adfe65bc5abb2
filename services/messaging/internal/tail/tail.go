package tail

import (
	"sort"
	"sync"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// Tail is the end of one topic as one of its readers sees it. Its methods may be
// called concurrently with everything else.
type Tail struct {
	owner *Tails
	topic string

	readers int // guarded by the owner's lock

	// mu guards these. It is held for writing only together with the owner's lock,
	// which is taken first; either is enough to read them.
	mu      sync.RWMutex
	epoch   string
	entries []*entry // contiguous, the oldest first
	bytes   int
	last    uint64 // highest sequence seen; 0 before the first commit
	deleted bool
	changed chan struct{} // closed at the next change
}

// View is what a tail has for a reader at some place.
type View struct {
	// Records begin at or before that place. Empty: nothing is kept for it.
	Records []store.Record
	// AtEnd says that the reader has seen everything there is. If there are no
	// records either, it has to ask the store.
	AtEnd bool
	// Last is the topic's last sequence, 0 if it is not known.
	Last uint64
	// Deleted says that the topic has been deleted.
	Deleted bool
	// Changed is closed when there is more to see.
	Changed <-chan struct{}
}

// From returns what is kept from a sequence on, up to about so many bytes, and
// at least one record. It appends to buffer.
func (t *Tail) From(epoch string, sequence uint64, limit int, buffer []store.Record) View {
	t.mu.RLock()
	defer t.mu.RUnlock()
	v := View{Records: buffer[:0], Deleted: t.deleted, Changed: t.changed}
	if t.last == 0 || t.epoch != epoch {
		return v
	}
	v.Last = t.last
	v.AtEnd = sequence > t.last
	if v.AtEnd || len(t.entries) == 0 || sequence < t.entries[0].First {
		return v
	}
	i := sort.Search(len(t.entries), func(i int) bool { return t.entries[i].Last >= sequence })
	for size := 0; i < len(t.entries) && (size == 0 || size+len(t.entries[i].Frames) <= limit); i++ {
		v.Records = append(v.Records, t.entries[i].Record)
		size += len(t.entries[i].Frames)
	}
	return v
}

// Close ends one reader's use of the tail.
func (t *Tail) Close() {
	t.owner.mu.Lock()
	defer t.owner.mu.Unlock()
	t.readers--
	if t.readers == 0 && !t.deleted {
		t.mu.Lock()
		t.owner.clear(t)
		t.mu.Unlock()
		delete(t.owner.topics, t.topic)
	}
}

// follow goes on to the end of a record that was committed. What is kept goes unless the
// record follows it and can be kept too. Like dropFirst and wake it is called with both
// locks held.
func (t *Tail) follow(c store.Commit) {
	if len(t.entries) > 0 && (t.epoch != c.Epoch || c.First != t.last+1 || len(c.Frames) == 0) {
		t.owner.clear(t)
	}
	t.epoch, t.last = c.Epoch, c.Last
}

func (t *Tail) dropFirst() {
	t.bytes -= t.entries[0].size()
	t.entries[0] = nil
	t.entries = t.entries[1:]
}

func (t *Tail) wake() {
	close(t.changed)
	t.changed = make(chan struct{})
}
