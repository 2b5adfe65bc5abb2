package records

import (
	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
)

// NextReadable returns the sequence of the first message after an unreadable one
// that can be read again, last + 1 if there is none. It gallops and then halves,
// so where several ranges are damaged, good records between them may be passed.
func NextReadable(db pebble.Reader, log, bad, last uint64) uint64 {
	probe := func(sequence uint64) (first uint64, ok bool) {
		c, err := Open(db, log, last)
		if err != nil {
			return 0, false
		}
		defer c.Close()
		f, ok, err := c.after(c.it.SeekGE(layout.RecordKey(log, sequence)))
		if err != nil {
			return 0, false
		}
		if !ok {
			return last + 1, true
		}
		return f.First, true
	}
	good, resume := last+1, last+1
	for step := uint64(1); bad+step <= last; step *= 2 {
		if first, ok := probe(bad + step); ok {
			good, resume = bad+step, first
			break
		}
		bad += step
	}
	for bad+1 < good {
		middle := bad + (good-bad)/2
		if first, ok := probe(middle); ok {
			good, resume = middle, first
		} else {
			bad = middle
		}
	}
	return resume
}

// NewestReadable finds the newest record of a log that can be read, where the
// very newest cannot.
func NewestReadable(db pebble.Reader, log uint64) (newest Found, ok bool) {
	good, bad := uint64(0), layout.EndOfLog
	for good+1 < bad {
		middle := good + (bad-good)/2
		f, there, err := recordBefore(db, log, middle)
		if err != nil {
			bad = middle
			continue
		}
		if good = middle; there {
			newest, ok = f, true
		}
	}
	return newest, ok
}
