package pebblestore

import (
	"context"
	"fmt"

	"github.com/parleyhq/parley/services/messaging/internal/frame"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/records"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/topics"
)

// PurgeTopic implements store.Store.
func (s *Store) PurgeTopic(ctx context.Context, name, epoch string, before uint64) (store.Topic, error) {
	var info store.Topic
	err := s.change(ctx, func() error {
		t := s.topics[name]
		if t == nil {
			return store.ErrTopicNotFound
		}
		st := t.State()
		if err := st.CheckEpoch(epoch); err != nil {
			return err
		}
		if before > st.Last+1 {
			return store.ErrPositionAhead
		}
		err := s.trim(t, before)
		info = t.Info()
		return err
	})
	return info, err
}

// trim removes the messages of a topic before a sequence. Whole records go from
// the log; of a record the sequence lies in, the low water hides a part.
func (s *Store) trim(t *topic, before uint64) error {
	st := t.State()
	if before <= st.Low.First {
		return nil
	}
	low, keep, err := s.lowWater(t, st, before)
	if err != nil {
		return fmt.Errorf("trim topic %s: %w", t.Name, err)
	}
	from, err := s.firstRecord(t, st)
	if err != nil {
		return fmt.Errorf("trim topic %s: %w", t.Name, err)
	}
	next := *st
	next.Low = low
	// Readers must know before the records are gone.
	t.Set(&next)
	b := s.db.NewBatch()
	defer func() { _ = b.Close() }()
	_ = b.Set(layout.LowWaterKey(t.Log), low.Encode(), nil)
	if from < keep {
		_ = b.DeleteRange(layout.RecordKey(t.Log, from), layout.RecordKey(t.Log, keep), nil)
	}
	if err := s.write(b); err != nil {
		return err
	}
	if s.opts.Hooks.Trimmed != nil {
		s.opts.Hooks.Trimmed(t.Name, next.Epoch, low.First)
	}
	return nil
}

// lowWater returns the low water at a sequence, and the first sequence of the
// first record to keep.
func (s *Store) lowWater(t *topic, st *topics.State, before uint64) (layout.LowWater, uint64, error) {
	low := layout.LowWater{First: before, Bytes: st.Bytes, Messages: st.Count, Time: st.Time}
	c, err := records.Open(s.db, t.Log, st.Last)
	if err != nil {
		return low, 0, err
	}
	defer c.Close()
	f, ok, err := c.Seek(before)
	if err != nil || !ok {
		return low, before, ignoreDamage(err)
	}
	skip := before - min(before, f.First)
	hidden, err := frame.Skip(f.Frames, skip)
	if err != nil {
		return low, before, nil // damaged: counted as removed
	}
	low.Bytes = f.EndBytes - uint64(len(f.Frames)-hidden)
	low.Messages = f.EndMessages - (uint64(f.Count) - skip)
	return low, min(f.First, before), nil
}

// firstRecord returns the first sequence of the first record stored: deleting
// from there keeps the engine's range deletions from piling up on one another.
func (s *Store) firstRecord(t *topic, st *topics.State) (uint64, error) {
	c, err := records.Open(s.db, t.Log, st.Last)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if f, ok, err := c.Seek(st.Low.First); err == nil && ok {
		return min(f.First, st.Low.First), nil
	} else if err != nil {
		return 0, ignoreDamage(err)
	}
	return st.Low.First, nil
}

// ignoreDamage drops errors of damaged records: they can be removed like others.
func ignoreDamage(err error) error {
	if records.IsUnreadable(err) {
		return nil
	}
	return err
}
