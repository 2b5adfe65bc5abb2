package pebblestore

import (
	"fmt"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/topics"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/frame"
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

// staged is a topic as it will be after the round, and its record being built.
type staged struct {
	*topic
	state   topics.State
	expect  int // bytes of messages still to come in this round, at most
	stamp   frame.Stamp
	record  []byte // frames; nil between records
	first   uint64 // of the record
	ids     layout.IDs
	changed bool

	stored      int    // bytes of the record that are in the batch
	storedFirst uint64 // first message that is not
}

// storedBytes bounds the frames of a record as it is stored, unless it holds one
// message. A record for the tail is stored as several: to find a place, the engine
// reads, checks and copies the records around it as a whole.
const storedBytes = 16 << 10

func (s *Store) newRound(tasks []*task) *round {
	r := &round{
		s: s, batch: s.db.NewBatch(), now: s.opts.Clock.Now().UnixMicro(), age: s.age(),
		full: s.full(), topics: make(map[*topic]*staged, 1),
	}
	for _, t := range tasks {
		st := r.topics[t.batch.topic]
		if st == nil {
			st = &staged{topic: t.batch.topic, state: *t.batch.topic.State()}
			st.state.Time = logTime(r.now, st.state.Time)
			st.stamp = frame.NewStamp(st.state.Time)
			r.topics[t.batch.topic] = st
		}
		st.expect += t.batch.size + 32*len(t.batch.messages)
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

func (r *round) addMessage(st *staged, data []byte) {
	sequence := st.state.Last + 1
	size := frame.Size(len(data), sequence, st.stamp)
	if st.record != nil && (len(st.record)+size > store.MaxRecordBytes || sequence-st.first >= layout.MaxMessages) {
		r.seal(st)
	}
	if st.record == nil {
		st.record = make([]byte, 0, max(size, min(st.expect, store.MaxRecordBytes)))
		st.first, st.stored, st.storedFirst = sequence, 0, sequence
	} else if len(st.record)-st.stored+size > storedBytes {
		r.put(st)
	}
	st.record = frame.Append(st.record, data, sequence, st.stamp)
	st.expect -= size
	st.state.Last = sequence
	st.state.Bytes += uint64(size)
	st.state.Count++
}

// put adds what is new of the record being built to the batch, as a record.
func (r *round) put(st *staged) {
	key, frames := layout.RecordKey(st.Log, st.storedFirst), st.record[st.stored:]
	op := r.batch.SetDeferred(len(key), layout.HeaderSize+len(frames))
	copy(op.Key, key)
	copy(op.Value[layout.HeaderSize:], frames)
	layout.PutHeader(op.Value, st.Log, st.storedFirst, layout.Header{
		Time: st.state.Time, Count: uint32(st.state.Last - st.storedFirst + 1),
		EndBytes: st.state.Bytes, EndMessages: st.state.Count,
	})
	_ = op.Finish() // fails in no batch without an index
	r.stats.Bytes += len(op.Value)
	st.stored, st.storedFirst = len(st.record), st.state.Last+1
}

// seal completes the record being built.
func (r *round) seal(st *staged) {
	r.put(st)
	if !st.ids.Empty() {
		// A batch refuses nothing but being committed twice.
		_ = r.batch.Set(layout.IDsKey(st.Log, st.first), st.ids.Encode(r.age), nil)
	}
	if cap(st.record) > 2*len(st.record) { // much of what was expected was not stored
		st.record = slices.Clone(st.record)
	}
	at := layout.Time(st.state.Time)
	r.records = append(r.records, store.Commit{
		Topic: st.Name, Epoch: st.state.Epoch,
		Record: store.Record{
			First: st.first, Last: st.state.Last, FirstTime: at, LastTime: at,
			Frames: slices.Clip(st.record),
		},
	})
	r.s.engine.Wrote(st.Log, len(st.record))
	r.stats.Messages += int(st.state.Last - st.first + 1)
	st.record, st.ids = nil, layout.IDs{}
}

// commit makes the round durable and visible.
func (r *round) commit() error {
	defer func() { _ = r.batch.Close() }()
	for _, st := range r.topics {
		if st.record != nil {
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
