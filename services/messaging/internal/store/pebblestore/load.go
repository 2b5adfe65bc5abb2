package pebblestore

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
)

// catalogue is what a database says about itself, without its records.
type catalogue struct {
	commit layout.Commit
	topics map[string]*topic
	// unreadable has the topics whose newest record cannot be read.
	unreadable map[string]error
}

// load reads the catalogue. Damage fails it with store.ErrDamaged, but for the
// newest record of a topic, which goes to unreadable.
func load(db pebble.Reader) (*catalogue, error) {
	c := &catalogue{topics: make(map[string]*topic), unreadable: make(map[string]error)}
	value, err := get(db, layout.CommitKey())
	if err == nil && value != nil {
		c.commit, err = layout.ParseCommit(value)
	}
	if err != nil {
		return nil, damaged("read commit number", err)
	}
	start, end := layout.TopicSpan()
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: start, UpperBound: end})
	if err != nil {
		return nil, damaged("read topics", err)
	}
	defer func() { _ = it.Close() }()
	for ok := it.First(); ok; ok = it.Next() {
		name := layout.TopicName(it.Key())
		def, err := layout.ParseTopic(it.Value())
		if err == nil {
			err = c.loadTopic(db, name, def)
		}
		if err != nil {
			return nil, damaged("read topic "+name, err)
		}
	}
	if err := it.Error(); err != nil {
		return nil, damaged("read topics", err)
	}
	return c, nil
}

func (c *catalogue) loadTopic(db pebble.Reader, name string, def layout.Topic) error {
	t := &topic{name: name, log: def.Log}
	st := &state{Topic: def, low: layout.LowWater{First: 1}}
	value, err := get(db, layout.LowWaterKey(def.Log))
	if err == nil && value != nil {
		st.low, err = layout.ParseLowWater(value)
	}
	if err != nil {
		return err
	}
	st.last = max(def.Floor(), st.low.First-1)
	st.time = max(def.PastTime, st.low.Time)
	st.bytes, st.count = st.low.Bytes, st.low.Messages
	newest, ok, err := newestRecord(db, def.Log)
	if err != nil {
		c.unreadable[name] = err
		newest, ok = newestReadable(db, def.Log)
	}
	if ok {
		st.last = max(st.last, newest.last())
		st.time = max(st.time, newest.Time)
		// Purging all leaves a record only where the low water hides part of it.
		st.bytes, st.count = max(st.bytes, newest.EndBytes), max(st.count, newest.EndMessages)
	}
	t.state.Store(st)
	c.topics[name] = t
	return nil
}

func newestRecord(db pebble.Reader, log uint64) (f found, ok bool, err error) {
	return recordBefore(db, log, layout.EndOfLog)
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

// compare returns what is missing from the catalogue by the mark, nil if nothing
// is.
func (c *catalogue) compare(db pebble.Reader, state mark.State) error {
	loss := &store.LossError{Acknowledged: state.Commit, Found: c.commit.Number}
	logs := make(map[uint64]*topic, len(c.topics))
	for _, t := range c.topics {
		logs[t.log] = t
	}
	for log, want := range state.Topics {
		if t := logs[log]; t != nil {
			if found := t.state.Load().last; found < want.Last {
				loss.Topics = append(loss.Topics, store.TopicLoss{Name: t.name, Acknowledged: want.Last, Found: found})
			}
			continue
		}
		gone, err := get(db, layout.DeletedKey(log))
		if err != nil {
			return damaged("read deleted topics", err)
		}
		if gone == nil {
			loss.Topics = append(loss.Topics, store.TopicLoss{Name: want.Name, Acknowledged: want.Last, Gone: true})
		}
	}
	if len(loss.Topics) > 0 || loss.Found < loss.Acknowledged {
		return loss
	}
	return nil
}

// get returns a copy of a value, nil if there is none.
func get(db pebble.Reader, key []byte) ([]byte, error) {
	value, closer, err := db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return append([]byte{}, value...), closer.Close()
}

func damaged(what string, err error) error {
	return fmt.Errorf("%s: %w: %w", what, store.ErrDamaged, err)
}
