package records

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
)

// ErrUnreadable says that a record is damaged: the engine, the record's own
// checksum, or its place say so.
var ErrUnreadable = errors.New("unreadable record")

// Found is a record as it is stored.
type Found struct {
	layout.Header

	// First is the sequence of its first message.
	First uint64
	// Frames are its messages, valid until the cursor moves.
	Frames []byte
}

// Last returns the sequence of the last message.
func (f Found) Last() uint64 { return f.First + uint64(f.Count) - 1 }

// Cursor finds records of one log up to a last sequence. It is for one goroutine.
type Cursor struct {
	log uint64
	it  *pebble.Iterator
}

// Open returns a cursor, which must be closed.
func Open(db pebble.Reader, log, last uint64) (*Cursor, error) {
	it, err := db.NewIter(Span(layout.RecordKey(log, 0), layout.RecordKey(log, last+1)))
	if err != nil {
		return nil, readError(err)
	}
	return &Cursor{log: log, it: it}, nil
}

// SeekIn is Seek for a sequence that is likely to be in the record that begins at
// cut. It saves seekBefore, for which the engine copies the whole record.
func (c *Cursor) SeekIn(cut, sequence uint64) (f Found, ok bool, err error) {
	if cut > 0 && cut < sequence && c.it.SeekGE(layout.RecordKey(c.log, cut)) && c.first() == cut {
		if f, ok, err = c.after(true); err == nil && f.Last() >= sequence {
			return f, ok, nil
		}
	}
	return c.Seek(sequence)
}

// Seek finds the record that holds a sequence, or else the first one after it.
// ok is false at the end.
func (c *Cursor) Seek(sequence uint64) (f Found, ok bool, err error) {
	if c.it.SeekGE(layout.RecordKey(c.log, sequence)) && c.first() == sequence {
		return c.after(true)
	}
	f, ok, err = c.seekBefore(sequence)
	if IsUnreadable(err) {
		// The damage may be in what follows the record looked for.
		f, ok, err = c.walk(sequence)
	}
	if err != nil || ok && f.Last() >= sequence {
		return f, ok, err
	}
	return c.after(c.it.SeekGE(layout.RecordKey(c.log, sequence)))
}

// Search returns the first sequence from low on, and before high, whose record does not lie
// before a place, high if there is none. Where one record lies before it, all earlier ones
// must. One that cannot be read counts as one that does not.
func (c *Cursor) Search(low, high uint64, before func(Found) bool) (uint64, error) {
	for low < high {
		middle := low + (high-low)/2
		f, ok, err := c.Seek(middle) // it, or what follows a hole
		if err != nil && !IsUnreadable(err) {
			return low, err
		}
		if ok && before(f) {
			low = f.Last() + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

// walk finds the record that holds a sequence by going towards it.
func (c *Cursor) walk(sequence uint64) (f Found, ok bool, err error) {
	from := sequence - min(sequence, layout.MaxMessages)
	f, ok, err = c.after(c.it.SeekGE(layout.RecordKey(c.log, from)))
	for err == nil && ok && f.Last() < sequence {
		f, ok, err = c.Next()
	}
	return f, ok, err
}

func (c *Cursor) first() uint64 {
	_, first, _ := layout.ParseSeqKey(c.it.Key())
	return first
}

// seekBefore finds the last record that begins before a sequence.
func (c *Cursor) seekBefore(sequence uint64) (f Found, ok bool, err error) {
	return c.after(c.it.SeekLT(layout.RecordKey(c.log, sequence)))
}

// Next moves on to the next record.
func (c *Cursor) Next() (f Found, ok bool, err error) { return c.after(c.it.Next()) }

func (c *Cursor) after(valid bool) (f Found, ok bool, err error) {
	if !valid {
		return Found{}, false, readError(c.it.Error())
	}
	f, err = c.record()
	return f, err == nil, err
}

func (c *Cursor) record() (Found, error) {
	_, first, ok := layout.ParseSeqKey(c.it.Key())
	value, err := c.it.ValueAndErr()
	if err != nil {
		return Found{}, readError(err)
	}
	h, frames, err := layout.ParseRecord(c.log, first, value)
	if !ok || err != nil {
		return Found{}, fmt.Errorf("record %d: %w", first, errors.Join(ErrUnreadable, err))
	}
	return Found{Header: h, First: first, Frames: frames}, nil
}

// IsUnreadable reports whether an error is an ErrUnreadable.
func IsUnreadable(err error) bool { return errors.Is(err, ErrUnreadable) }

// Close releases the cursor.
func (c *Cursor) Close() { _ = c.it.Close() } // its error is that of the last move

// readError tells damage, which will not mend, from other failures.
func readError(err error) error {
	switch {
	case err == nil:
		return nil
	case pebble.IsCorruptionError(err), errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	default:
		return fmt.Errorf("read log: %w", err)
	}
}
