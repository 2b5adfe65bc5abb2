package store

import "time"

// Commit is a record that has become durable.
type Commit struct {
	Topic, Epoch string
	Record
}

// Round is one commit of the log: the work that shared a sync.
type Round struct {
	// Batches and Messages were stored, Records and Bytes written for them.
	Batches, Messages, Records, Bytes int
	// Duplicates were answered from the ids remembered.
	Duplicates int
	// Sync is how long the durable write took.
	Sync time.Duration
}

// Hooks are called by the store as things happen. Any may be nil. They are
// called one after the other, on the path of every publisher: they must be quick
// and must not call the store.
type Hooks struct {
	// Committed is called for each record in commit order, before the receipts of
	// its messages are given out. The record may be kept; its frames do not change.
	Committed func(Commit)
	// Followed says of a topic whether Committed wants the frames of its records. It is
	// asked as a round begins: a record has none where it said no. Nil says yes.
	Followed func(topic string) bool
	// Trimmed is called when the messages before first have been removed.
	Trimmed func(topic, epoch string, first uint64)
	// Deleted is called when a topic has been deleted.
	Deleted func(topic, epoch string)
	// Round is called after each round, for metrics.
	Round func(Round)
	// Refused is called, concurrently, for a batch or a topic refused because nothing
	// can be stored for now.
	Refused func()
	// Stalled is called, concurrently, with the cause when the storage cannot be
	// written, so that nothing is stored for now: an ErrLowDiskSpace or an ErrStalled.
	// It is called with nil when it can be written again.
	Stalled func(cause error)
	// Lost is called, concurrently, when a read met a gap of reason DataLoss that
	// is not a leap between epochs, nor may be one that is forgotten.
	Lost func(topic string, gap Gap)
}

// Clock tells time to a store.
type Clock interface {
	// Now is the wall clock, the source of publish times. It may jump.
	Now() time.Time
	// Running is how long the process has been running; it never jumps. The ages
	// of ids are measured by it.
	Running() time.Duration
}

// SystemClock returns the clock of the machine.
func SystemClock() Clock { return systemClock{start: time.Now()} }

type systemClock struct{ start time.Time }

func (systemClock) Now() time.Time           { return time.Now() }
func (c systemClock) Running() time.Duration { return time.Since(c.start) }
