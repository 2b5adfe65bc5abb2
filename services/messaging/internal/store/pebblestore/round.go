package pebblestore

import (
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
)

// round is the batches of one commit being put together.
type round struct {
	s       *Store
	batch   *pebble.Batch
	now     int64
	age     time.Duration
	full    error // why nothing more is stored
	topics  map[*topic]*staged
	records []store.Commit
	stats   store.Round
}

func (s *Store) newRound(tasks []*task) *round {
	r := &round{
		s: s, batch: s.db.NewBatch(), now: s.opts.Clock.Now().UnixMicro(), age: s.age(),
		full: s.full(), topics: make(map[*topic]*staged, 1),
	}
	for _, t := range tasks {
		st := r.topics[t.Work.batch.topic]
		if st == nil {
			st = r.topic(t.Work.batch.topic)
			r.topics[t.Work.batch.topic] = st
		}
		st.expect += t.Work.batch.size + 32*len(t.Work.batch.messages)
	}
	return r
}

// stage decides about one batch and adds it to the round. If it fails, nothing
// of the batch is in the round.
func (r *round) stage(b *batchTask) error {
	st := r.topics[b.topic]
	if st.state.Deleted {
		return store.ErrTopicNotFound
	}
	if err := st.state.CheckEpoch(b.epoch); err != nil {
		return err
	}
	b.receipt = store.Receipt{Epoch: st.state.Epoch, Durability: store.Synced}
	if b.ids != nil && st.state.Definition.Dedups() {
		if err := r.findDuplicates(st, b); err != nil {
			return err
		}
	}
	if len(b.receipt.Duplicates) < len(b.messages) {
		if err := r.check(st, b); err != nil {
			return err
		}
		r.add(st, b)
	}
	r.stats.Batches++
	r.stats.Duplicates += len(b.receipt.Duplicates)
	return nil
}

// check decides whether the new messages of a batch may be stored.
func (r *round) check(st *staged, b *batchTask) error {
	if b.last != nil && *b.last != st.state.Last {
		return &store.MismatchError{Actual: st.state.Cursor()}
	}
	if r.full != nil {
		return r.s.refuse(r.full)
	}
	if st.state.Last+uint64(len(b.messages)) > store.MaxSequence {
		return fmt.Errorf("topic %s has no sequences left", st.Name)
	}
	limit := st.state.Definition.MaxMessageBytes
	if limit == 0 {
		return nil
	}
	for i, m := range b.messages {
		size := len(m.Data) + store.ServerFieldBytes
		if size > limit && !b.duplicate(i) {
			return &store.MessageSizeError{Index: i, Size: size, Limit: limit}
		}
	}
	return nil
}

func (b *batchTask) duplicate(index int) bool {
	for _, d := range b.receipt.Duplicates {
		if d.Index == index {
			return true
		}
	}
	return false
}

// add numbers and encodes the new messages of a batch.
func (r *round) add(st *staged, b *batchTask) {
	duplicates := b.receipt.Duplicates
	remember := b.ids != nil && st.state.Definition.Dedups()
	room := st.topic.ids.Room()
	b.receipt.First = st.state.Last + 1
	for i, m := range b.messages {
		if len(duplicates) > 0 && duplicates[0].Index == i {
			duplicates = duplicates[1:]
			continue
		}
		r.addMessage(st, m.Data)
		if remember && b.ids[i] != (layout.Fingerprint{}) {
			st.ids.Add(int(st.state.Last-st.first), b.ids[i])
			st.topic.ids.Add(b.ids[i], st.state.Last, r.age)
		}
	}
	b.receipt.Last = st.state.Last
	st.changed = true
	if grown := st.topic.ids.Room() - room; grown > 0 {
		r.s.idsRoom += grown
		r.dropIndexes()
	}
}

// commit makes the round durable and visible.
func (r *round) commit() error {
	defer func() { _ = r.batch.Close() }()
	for _, st := range r.topics {
		if st.size > 0 {
			r.seal(st)
		}
	}
	if !r.batch.Empty() {
		start := r.s.opts.Clock.Running()
		if err := r.s.write(r.batch); err != nil {
			return err
		}
		r.stats.Sync = r.s.opts.Clock.Running() - start
	}
	for t, st := range r.topics {
		if st.changed {
			t.Set(&st.state)
			r.s.marker.advanced(t)
		}
	}
	r.publish()
	return nil
}

func (r *round) publish() {
	hooks := r.s.opts.Hooks
	if hooks.Committed != nil {
		for _, c := range r.records {
			hooks.Committed(c)
		}
	}
	if hooks.Round != nil {
		r.stats.Records = len(r.records)
		hooks.Round(r.stats)
	}
}
