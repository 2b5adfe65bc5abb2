package pebblestore

import (
	"slices"

	"github.com/parleyhq/parley/services/messaging/internal/frame"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/topics"
)

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
