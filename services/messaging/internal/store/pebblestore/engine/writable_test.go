package engine

import (
	"errors"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// TestWritable holds when nothing more is taken, and that each change is told once.
func TestWritable(t *testing.T) {
	t.Parallel()
	var told []error
	w := &writable{tell: func(cause error) { told = append(told, cause) }}
	var events pebble.EventListener
	changes := 0
	w.listen(&events, func() { changes++ })
	output := pebble.CompactionInfo{}
	output.Output.Tables = make([]pebble.TableInfo, 1)
	const merges = "pebble-compaction"
	for i, step := range []struct {
		do   func()
		want error // that nothing more is taken
	}{
		{func() { w.failed(flushes, syscall.ENOSPC) }, store.ErrLowDiskSpace},
		{func() { w.failed(flushes, syscall.EIO) }, store.ErrLowDiskSpace}, // the first cause stands
		{func() { events.FlushEnd(pebble.FlushInfo{Err: syscall.EIO}) }, store.ErrLowDiskSpace},
		{func() { events.CompactionEnd(output) }, store.ErrLowDiskSpace},
		{func() { events.FlushEnd(pebble.FlushInfo{}) }, nil},
		{func() { w.failed(merges, syscall.EIO) }, nil}, // nobody waits for it
		{func() { events.WriteStallBegin(pebble.WriteStallBeginInfo{}) }, store.ErrStalled},
		{func() { events.CompactionEnd(pebble.CompactionInfo{Err: syscall.EIO}) }, store.ErrStalled},
		{func() { events.CompactionEnd(output) }, nil},
		{func() { w.failed(merges, syscall.EIO) }, store.ErrStalled},
		{func() { events.WriteStallEnd() }, nil},
	} {
		before := len(told)
		was := w.err()
		step.do()
		if !errors.Is(w.err(), step.want) {
			t.Errorf("step %d: %v, want %v", i, w.err(), step.want)
		}
		if change := (was == nil) != (w.err() == nil); change != (len(told) > before) || change && !errors.Is(told[before], w.err()) {
			t.Errorf("step %d: told %v", i, told[before:])
		}
	}
	if changes != 5 {
		t.Errorf("told of new tables %d times, want 5", changes)
	}
}
