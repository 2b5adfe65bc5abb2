package records

import (
	"bytes"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
)

// Ends finds where logs begin and end. An iterator for all of them saves making
// one for each; it is quickest in the order of the logs. What it cannot read is
// read again by itself, so that damage counts only for whom it concerns. It is for one goroutine.
type Ends struct {
	db           pebble.Reader
	low, records *pebble.Iterator
}

// OpenEnds returns the ends of all logs. It must be closed.
func OpenEnds(db pebble.Reader) (*Ends, error) {
	low, err := db.NewIter(Span(layout.LowWaterSpan()))
	if err != nil {
		return nil, err
	}
	records, err := db.NewIter(Span(layout.RecordSpan()))
	if err != nil {
		return nil, errors.Join(err, low.Close())
	}
	return &Ends{db: db, low: low, records: records}, nil
}

// Close ends the iterators: their errors are those of reads that were done again.
func (e *Ends) Close() { _, _ = e.low.Close(), e.records.Close() }

// LowWater returns the low water of a log as it is stored, nil if there is none.
func (e *Ends) LowWater(log uint64) ([]byte, error) {
	key := layout.LowWaterKey(log)
	if e.low.SeekGE(key) && bytes.Equal(e.low.Key(), key) {
		if value, err := e.low.ValueAndErr(); err == nil {
			return bytes.Clone(value), nil
		}
	} else if e.low.Error() == nil {
		return nil, nil
	}
	return Get(e.db, key)
}

// NewestRecord returns the last record of a log, without its frames. Where that cannot be read,
// it fails with an ErrUnreadable; see NewestReadable.
func (e *Ends) NewestRecord(log uint64) (f Found, ok bool, err error) {
	c := Cursor{log: log, it: e.records}
	if c.it.SeekLT(layout.RecordKey(log, layout.EndOfLog)) {
		if of, _, _ := layout.ParseSeqKey(c.it.Key()); of != log {
			return Found{}, false, nil
		}
	}
	f, ok, err = c.after(c.it.Valid())
	if err != nil {
		return recordBefore(e.db, log, layout.EndOfLog)
	}
	f.Frames = nil
	return f, ok, nil
}

// recordBefore returns the last record that begins before a sequence, without
// its frames.
func recordBefore(db pebble.Reader, log, sequence uint64) (f Found, ok bool, err error) {
	c, err := Open(db, log, layout.EndOfLog-1)
	if err != nil {
		return Found{}, false, err
	}
	defer c.Close()
	f, ok, err = c.seekBefore(sequence)
	f.Frames = nil
	return f, ok, err
}
