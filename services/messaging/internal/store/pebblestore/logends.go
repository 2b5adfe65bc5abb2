package pebblestore

import (
	"bytes"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
)

// logEnds finds where logs begin and end. An iterator for all of them saves making
// one for each; it is quickest in the order of the logs. What it cannot read is
// read again by itself, so that damage counts only for whom it concerns.
type logEnds struct {
	db           pebble.Reader
	low, records *pebble.Iterator
}

func openLogEnds(db pebble.Reader) (*logEnds, error) {
	low, err := db.NewIter(spanOptions(layout.LowWaterSpan()))
	if err != nil {
		return nil, err
	}
	records, err := db.NewIter(spanOptions(layout.RecordSpan()))
	if err != nil {
		return nil, errors.Join(err, low.Close())
	}
	return &logEnds{db: db, low: low, records: records}, nil
}

func spanOptions(start, end []byte) *pebble.IterOptions {
	return &pebble.IterOptions{LowerBound: start, UpperBound: end}
}

// close ends the iterators: their errors are those of reads that were done again.
func (e *logEnds) close() { _, _ = e.low.Close(), e.records.Close() }

// lowWater returns the low water of a log as it is stored, nil if there is none.
func (e *logEnds) lowWater(log uint64) ([]byte, error) {
	key := layout.LowWaterKey(log)
	if e.low.SeekGE(key) && bytes.Equal(e.low.Key(), key) {
		if value, err := e.low.ValueAndErr(); err == nil {
			return bytes.Clone(value), nil
		}
	} else if e.low.Error() == nil {
		return nil, nil
	}
	return get(e.db, key)
}

// newestRecord returns the last record of a log, without its frames.
func (e *logEnds) newestRecord(log uint64) (f found, ok bool, err error) {
	c := cursor{log: log, it: e.records}
	if c.it.SeekLT(layout.RecordKey(log, layout.EndOfLog)) {
		if of, _, _ := layout.ParseSeqKey(c.it.Key()); of != log {
			return found{}, false, nil
		}
	}
	f, ok, err = c.after(c.it.Valid())
	if err != nil {
		return recordBefore(e.db, log, layout.EndOfLog)
	}
	f.frames = nil
	return f, ok, nil
}

// recordBefore returns the last record that begins before a sequence, without
// its frames.
func recordBefore(db pebble.Reader, log, sequence uint64) (f found, ok bool, err error) {
	c, err := openCursor(db, log, layout.EndOfLog-1)
	if err != nil {
		return found{}, false, err
	}
	defer c.close()
	f, ok, err = c.seekBefore(sequence)
	f.frames = nil
	return f, ok, err
}

// newestReadable finds the newest record of a log that can be read, where the
// very newest cannot.
func newestReadable(db pebble.Reader, log uint64) (newest found, ok bool) {
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
