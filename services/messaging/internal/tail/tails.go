package tail

import (
	"container/list"
	"sync"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

const (
	// DefaultTopicBytes is how much one topic keeps.
	DefaultTopicBytes = 4 << 20
	// DefaultTotalBytes is how much all topics keep together.
	DefaultTotalBytes = 32 << 20
	// RecordBytes is what a record counts besides its frames: the memory that keeping
	// it takes, which is more than a small message.
	RecordBytes = 200
)

// Tails are the tails of all topics that are being read. They are fed by the
// store's hooks; Commit, Trim and Delete must be called in commit order. All
// methods may be called concurrently.
type Tails struct {
	topicBytes, totalBytes int

	// mu is for those who change something: the readers' own lock is their tail's,
	// so that they do not wait for each other's topics.
	mu     sync.Mutex
	topics map[string]*Tail
	bytes  int
	ages   *list.List // of *entry, the oldest commit first
}

// entry is a record that is being kept.
type entry struct {
	store.Record

	tail *Tail
	age  *list.Element
}

func (e *entry) size() int { return len(e.Frames) + RecordBytes }

// New returns tails that keep at most so many bytes of records for one topic, and
// for all. The newest record of a topic is dropped too if it does not fit.
func New(topicBytes, totalBytes int) *Tails {
	return &Tails{
		topicBytes: topicBytes, totalBytes: totalBytes,
		topics: make(map[string]*Tail), ages: list.New(),
	}
}

// Open returns the tail of a topic, for one reader, which must close it. The
// topic need not exist.
func (t *Tails) Open(topic string) *Tail {
	t.mu.Lock()
	defer t.mu.Unlock()
	tail := t.topics[topic]
	if tail == nil {
		tail = &Tail{owner: t, topic: topic, changed: make(chan struct{})}
		t.topics[topic] = tail
	}
	tail.readers++
	return tail
}

// Followed reports whether anybody reads a topic, so that Commit keeps its records.
func (t *Tails) Followed(topic string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.topics[topic] != nil
}

// Commit keeps a record if anybody reads its topic, and wakes the readers. One without
// frames, of a time when nobody did, they have to read from the store, with all before.
func (t *Tails) Commit(c store.Commit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tail := t.topics[c.Topic]
	if tail == nil {
		return
	}
	tail.mu.Lock()
	tail.follow(c)
	if len(c.Frames) > 0 {
		t.keep(&entry{Record: c.Record, tail: tail})
	}
	tail.wake()
	tail.mu.Unlock()
	for t.bytes > t.totalBytes {
		oldest, _ := t.ages.Front().Value.(*entry)
		oldest.tail.mu.Lock()
		t.drop(oldest)
		oldest.tail.mu.Unlock()
	}
}

// keep adds a record to its tail, and drops what is too much there. The caller holds mu
// and the tail's.
func (t *Tails) keep(e *entry) {
	e.age = t.ages.PushBack(e)
	e.tail.entries = append(e.tail.entries, e)
	e.tail.bytes += e.size()
	t.bytes += e.size()
	for e.tail.bytes > t.topicBytes {
		t.drop(e.tail.entries[0])
	}
}

// Trim drops what has been removed from a topic: the messages before first.
func (t *Tails) Trim(topic, epoch string, first uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tail := t.topics[topic]
	if tail == nil || tail.epoch != epoch {
		return
	}
	tail.mu.Lock()
	defer tail.mu.Unlock()
	for len(tail.entries) > 0 && tail.entries[0].First < first {
		t.drop(tail.entries[0])
	}
}

// Delete ends the tail of a topic that has been deleted: its readers are told.
func (t *Tails) Delete(topic string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tail := t.topics[topic]
	if tail == nil {
		return
	}
	delete(t.topics, topic)
	tail.mu.Lock()
	defer tail.mu.Unlock()
	t.clear(tail)
	tail.deleted = true
	tail.wake()
}

// Bytes returns how much is kept.
func (t *Tails) Bytes() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

// drop forgets the oldest record of a topic. The caller holds mu and the tail's.
func (t *Tails) drop(e *entry) {
	t.ages.Remove(e.age)
	t.bytes -= e.size()
	e.tail.dropFirst()
}

func (t *Tails) clear(tail *Tail) {
	for len(tail.entries) > 0 {
		t.drop(tail.entries[0])
	}
}
