package pebblestore

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
)

// errUnreadable says that a record is damaged: the engine, the record's own
// checksum, or its place say so.
var errUnreadable = errors.New("unreadable record")

// found is a record as it is stored.
type found struct {
	layout.Header
	first  uint64
	frames []byte // valid until the cursor moves
}

func (f found) last() uint64 { return f.first + uint64(f.Count) - 1 }

// cursor finds records of one log up to a last sequence.
type cursor struct {
	log uint64
	it  *pebble.Iterator
}

func openCursor(db pebble.Reader, log, last uint64) (*cursor, error) {
	it, err := db.NewIter(spanOptions(layout.RecordKey(log, 0), layout.RecordKey(log, last+1)))
	if err != nil {
		return nil, readError(err)
	}
	return &cursor{log: log, it: it}, nil
}

// seekIn is seek for a sequence that is likely to be in the record that begins at
// cut. It saves seekBefore, for which the engine copies the whole record.
func (c *cursor) seekIn(cut, sequence uint64) (f found, ok bool, err error) {
	if cut > 0 && cut < sequence && c.it.SeekGE(layout.RecordKey(c.log, cut)) && c.first() == cut {
		if f, ok, err = c.after(true); err == nil && f.last() >= sequence {
			return f, ok, nil
		}
	}
	return c.seek(sequence)
}

// seek finds the record that holds a sequence, or else the first one after it.
// ok is false at the end.
func (c *cursor) seek(sequence uint64) (f found, ok bool, err error) {
	if c.it.SeekGE(layout.RecordKey(c.log, sequence)) && c.first() == sequence {
		return c.after(true)
	}
	f, ok, err = c.seekBefore(sequence)
	if isUnreadable(err) {
		// The damage may be in what follows the record looked for.
		f, ok, err = c.walk(sequence)
	}
	if err != nil || ok && f.last() >= sequence {
		return f, ok, err
	}
	return c.after(c.it.SeekGE(layout.RecordKey(c.log, sequence)))
}

// walk finds the record that holds a sequence by going towards it.
func (c *cursor) walk(sequence uint64) (f found, ok bool, err error) {
	from := sequence - min(sequence, layout.MaxMessages)
	f, ok, err = c.after(c.it.SeekGE(layout.RecordKey(c.log, from)))
	for err == nil && ok && f.last() < sequence {
		f, ok, err = c.next()
	}
	return f, ok, err
}

func (c *cursor) first() uint64 {
	_, first, _ := layout.ParseSeqKey(c.it.Key())
	return first
}

// seekBefore finds the last record that begins before a sequence.
func (c *cursor) seekBefore(sequence uint64) (f found, ok bool, err error) {
	return c.after(c.it.SeekLT(layout.RecordKey(c.log, sequence)))
}

// next moves on to the next record.
func (c *cursor) next() (f found, ok bool, err error) { return c.after(c.it.Next()) }

func (c *cursor) after(valid bool) (f found, ok bool, err error) {
	if !valid {
		return found{}, false, readError(c.it.Error())
	}
	f, err = c.record()
	return f, err == nil, err
}

func (c *cursor) record() (found, error) {
	_, first, ok := layout.ParseSeqKey(c.it.Key())
	value, err := c.it.ValueAndErr()
	if err != nil {
		return found{}, readError(err)
	}
	h, frames, err := layout.ParseRecord(c.log, first, value)
	if !ok || err != nil {
		return found{}, fmt.Errorf("record %d: %w", first, errors.Join(errUnreadable, err))
	}
	return found{Header: h, first: first, frames: frames}, nil
}

func isUnreadable(err error) bool { return errors.Is(err, errUnreadable) }

func (c *cursor) close() { _ = c.it.Close() } // its error is that of the last move

// readError tells damage, which will not mend, from other failures.
func readError(err error) error {
	switch {
	case err == nil:
		return nil
	case pebble.IsCorruptionError(err), errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", errUnreadable, err)
	default:
		return fmt.Errorf("read log: %w", err)
	}
}

// nextReadable returns the sequence of the first message after an unreadable one
// that can be read again, last + 1 if there is none. It gallops and then halves,
// so where several ranges are damaged, good records between them may be passed.
func nextReadable(db pebble.Reader, log, bad, last uint64) uint64 {
	probe := func(sequence uint64) (first uint64, ok bool) {
		c, err := openCursor(db, log, last)
		if err != nil {
			return 0, false
		}
		defer c.close()
		f, ok, err := c.after(c.it.SeekGE(layout.RecordKey(log, sequence)))
		if err != nil {
			return 0, false
		}
		if !ok {
			return last + 1, true
		}
		return f.first, true
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

func lossGap(first, last uint64, cause error) *store.Gap {
	return &store.Gap{Reason: store.DataLoss, First: first, Last: last, Cause: cause}
}
