package engine

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// flushes is the category of the tables that the engine writes of what is in memory.
const flushes vfs.DiskWriteCategory = "pebble-memtable-flush"

// writable knows whether the engine can write its tables. While it cannot, what is
// published fills the memory, and then waits for ever in the engine. So from the first
// failure on, until it succeeds, no more is to be taken. Tables that are only merged may
// wait, until they are so many that the engine waits for it.
//
// It is safe for concurrent use.
type writable struct {
	tell func(cause error) // of a change: nil says that tables can be written again

	mu           sync.Mutex
	flush, merge error // why the last one failed, nil once one has succeeded
	waits        bool  // the engine, until it has written tables
	cause        atomic.Pointer[error]
}

// listen asks for what only the engine knows, and passes on that it has new tables.
func (w *writable) listen(events *pebble.EventListener, changed func()) {
	events.FlushEnd = func(info pebble.FlushInfo) {
		if info.Err == nil {
			w.note(func() { w.flush = nil })
		}
		changed()
	}
	events.CompactionEnd = func(info pebble.CompactionInfo) {
		if info.Err == nil && len(info.Output.Tables) > 0 {
			w.note(func() { w.merge = nil })
		}
		changed()
	}
	events.WriteStallBegin = func(pebble.WriteStallBeginInfo) { w.note(func() { w.waits = true }) }
	events.WriteStallEnd = func() { w.note(func() { w.waits = false }) }
}

// err returns why nothing more is to be taken, nil if something may: a
// store.ErrLowDiskSpace or a store.ErrStalled.
func (w *writable) err() error {
	if cause := w.cause.Load(); cause != nil {
		return *cause
	}
	return nil
}

// failed notes that a table could not be written.
func (w *writable) failed(category vfs.DiskWriteCategory, err error) {
	w.note(func() {
		if category == flushes {
			w.flush = err
		} else {
			w.merge = err
		}
	})
}

// note takes a change in, and tells what follows from it.
func (w *writable) note(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
	err := w.flush
	if err == nil && w.waits {
		err = w.merge
	}
	if (err == nil) == (w.cause.Load() == nil) {
		return // the first cause stands
	}
	if err == nil {
		w.cause.Store(nil)
		w.tell(nil)
		return
	}
	kind := store.ErrStalled
	if vfs.IsNoSpaceError(err) {
		kind = store.ErrLowDiskSpace
	}
	err = fmt.Errorf("%w: write table: %w", kind, err)
	w.cause.Store(&err)
	w.tell(err)
}
