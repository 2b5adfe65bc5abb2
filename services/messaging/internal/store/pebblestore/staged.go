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
	state    topics.State
	expect   int // bytes of messages still to come in this round, at most
	stamp    frame.Stamp
	followed bool   // readers will want the frames of the record
	frames   []byte // of the record; unless it is followed, only what is not in the batch yet
	size     int    // of the record, 0 between records
	first    uint64 // of the record
	ids      layout.IDs
	changed  bool

	stored      int    // bytes of frames that are in the batch
	storedFirst uint64 // first message that is not
}

// topic returns a topic at the beginning of a round.
func (r *round) topic(t *topic) *staged {
	st := &staged{topic: t, state: *t.State(), followed: true}
	st.state.Time = logTime(r.now, st.state.Time)
	st.stamp = frame.NewStamp(st.state.Time)
	if followed := r.s.opts.Hooks.Followed; followed != nil {
		st.followed = followed(st.Name)
	}
	return st
}

// storedBytes bounds the frames of a record as it is stored, unless it holds one
// message. A record for the tail is stored as several: to find a place, the engine
// reads, checks and copies the records around it as a whole.
const storedBytes = 16 << 10

func (r *round) addMessage(st *staged, data []byte) {
	sequence := st.state.Last + 1
	size := frame.Size(len(data), sequence, st.stamp)
	if st.size > 0 && (st.size+size > store.MaxRecordBytes || sequence-st.first >= layout.MaxMessages) {
		r.seal(st)
	}
	if st.size == 0 {
		st.begin(sequence, size)
	} else if len(st.frames)-st.stored+size > storedBytes {
		r.put(st)
	}
	st.frames = frame.Append(st.frames, data, sequence, st.stamp)
	st.size += size
	st.expect -= size
	st.state.Last = sequence
	st.state.Bytes += uint64(size)
	st.state.Count++
}

// begin begins a record, whose first message takes so many bytes. Without readers the
// memory is that of the record before.
func (st *staged) begin(sequence uint64, size int) {
	room := storedBytes
	if st.followed {
		room = store.MaxRecordBytes
	}
	if st.frames == nil {
		st.frames = make([]byte, 0, max(size, min(st.expect, room)))
	}
	st.first, st.stored, st.storedFirst = sequence, 0, sequence
}

// put adds what is new of the record being built to the batch, as a record.
func (r *round) put(st *staged) {
	key, frames := layout.RecordKey(st.Log, st.storedFirst), st.frames[st.stored:]
	op := r.batch.SetDeferred(len(key), layout.HeaderSize+len(frames))
	copy(op.Key, key)
	copy(op.Value[layout.HeaderSize:], frames)
	layout.PutHeader(op.Value, st.Log, st.storedFirst, layout.Header{
		Time: st.state.Time, Count: uint32(st.state.Last - st.storedFirst + 1),
		EndBytes: st.state.Bytes, EndMessages: st.state.Count,
	})
	_ = op.Finish() // fails in no batch without an index
	r.stats.Bytes += len(op.Value)
	if st.stored, st.storedFirst = len(st.frames), st.state.Last+1; !st.followed {
		st.frames, st.stored = st.frames[:0], 0
	}
}

// seal completes the record being built.
func (r *round) seal(st *staged) {
	r.put(st)
	if !st.ids.Empty() {
		// A batch refuses nothing but being committed twice.
		_ = r.batch.Set(layout.IDsKey(st.Log, st.first), st.ids.Encode(r.age), nil)
	}
	at := layout.Time(st.state.Time)
	record := store.Record{First: st.first, Last: st.state.Last, FirstTime: at, LastTime: at}
	if st.followed {
		record.Frames, st.frames = kept(st.frames), nil
	}
	r.records = append(r.records, store.Commit{Topic: st.Name, Epoch: st.state.Epoch, Record: record})
	r.s.engine.Wrote(st.Log, st.size)
	r.stats.Messages += int(st.state.Last - st.first + 1)
	st.size, st.ids = 0, layout.IDs{}
}

// kept returns frames for readers to keep: without the room for more, where much of what
// was expected was not stored.
func kept(frames []byte) []byte {
	if cap(frames) > 2*len(frames) {
		frames = slices.Clone(frames)
	}
	return slices.Clip(frames)
}
