package engine

import (
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
)

// ownTable is how many bytes a log must have got since the last flush for its
// records to have tables of their own in the next.
const ownTable = 1 << 20

// tables tells the engine where a table ends, when it writes what is in memory.
//
// New records stand at the end of their log. A table of nothing else overlaps no
// older one, and the engine leaves it alone. But the commit number stands before
// all records, and the old records of a log stand between the new ones of two: a
// table that spans them has to be merged with all that lies in between, which is
// then written anew, again and again. So kinds of keys do not share tables, and a
// log that got much shares none. Logs that got little do: many small tables cost
// more than merging.
//
// It is safe for concurrent use.
type tables struct {
	mu      sync.Mutex
	written map[uint64]int // by log, since the last flush began
	own     []uint64       // the logs with tables of their own, sorted
}

func newTables() *tables { return &tables{written: make(map[uint64]int)} }

// guide makes the engine ask.
func (t *tables) guide(engine *pebble.Options) {
	engine.EventListener.FlushBegin = func(pebble.FlushInfo) { t.flush() }
	engine.Experimental.SpanPolicyFunc = t.span
}

// wrote notes a record of a log.
func (t *tables) wrote(log uint64, bytes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.written[log] += bytes
}

// flush chooses the logs that get tables of their own.
func (t *tables) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.own = nil
	for log, bytes := range t.written {
		if bytes >= ownTable {
			t.own = append(t.own, log)
		}
	}
	slices.Sort(t.own)
	clear(t.written)
}

// span is Pebble's SpanPolicyFunc: a table that begins with a key ends before end.
func (t *tables) span(begin []byte) (policy pebble.SpanPolicy, end []byte, err error) {
	log, isRecord := layout.RecordLog(begin)
	if !isRecord {
		return policy, layout.KindEnd(begin), nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch i, own := slices.BinarySearch(t.own, log); {
	case own:
		return policy, layout.RecordKey(log+1, 0), nil
	case i < len(t.own):
		return policy, layout.RecordKey(t.own[i], 0), nil
	default:
		return policy, layout.KindEnd(begin), nil
	}
}
