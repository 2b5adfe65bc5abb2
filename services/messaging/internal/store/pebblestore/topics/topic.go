package topics

import (
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/records"
)

// Topic is one topic. Its state is replaced, never changed, by one goroutine; anybody
// may ask for it.
type Topic struct {
	Name string
	// Log is the number of its log.
	Log     uint64
	current atomic.Pointer[State]
}

// New returns a topic that is as a state says.
func New(name string, st *State) *Topic {
	t := &Topic{Name: name, Log: st.Log}
	t.Set(st)
	return t
}

// Begin returns a topic that begins its life, with a log and an epoch of its own.
func Begin(name string, def store.Definition, at time.Time) *Topic {
	return New(name, &State{
		Topic: layout.Topic{Log: newLog(), Epoch: newEpoch(), Created: at.UTC(), Definition: def},
		Low:   layout.LowWater{First: 1},
	})
}

// State returns how the topic is. It must not be changed.
func (t *Topic) State() *State { return t.current.Load() }

// Set replaces the state.
func (t *Topic) Set(st *State) { t.current.Store(st) }

// State is what is durable of a topic.
type State struct {
	layout.Topic

	// Low is where the stored part begins.
	Low layout.LowWater
	// Last is the highest sequence issued, Time the publish time of the newest message,
	// in microseconds.
	Last uint64
	Time int64
	// Bytes and Count are totals of the log, from its beginning; Count is of messages.
	Bytes, Count uint64
	// Deleted says that the topic is no more, or not for long.
	Deleted bool
}

// Info returns the topic as the store shows it.
func (t *Topic) Info() store.Topic {
	s := t.State()
	return store.Topic{
		Name: t.Name, Definition: s.Definition, Epoch: s.Epoch, Past: s.Past, Created: s.Created,
		First: s.Past.Skip(s.Low.First), Begin: s.Low.First, Last: s.Last,
		Messages: s.Count - s.Low.Messages, Bytes: s.Bytes - s.Low.Bytes,
	}
}

// Mark says how far the topic is durable.
func (t *Topic) Mark() mark.Topic {
	s := t.State()
	return mark.Topic{Name: t.Name, Epoch: s.Epoch, Last: s.Last}
}

// Cursor returns the end of the topic.
func (s *State) Cursor() store.Cursor { return store.Cursor{Epoch: s.Epoch, Sequence: s.Last} }

// CheckEpoch fails, with a *store.MismatchError, if an epoch is expected and the topic has another.
func (s *State) CheckEpoch(epoch string) error {
	if epoch != "" && epoch != s.Epoch {
		return &store.MismatchError{EpochDiffers: true, Actual: s.Cursor()}
	}
	return nil
}

// Put writes what a state says of the topic, but for its low water, into a batch.
func (t *Topic) Put(b *pebble.Batch, st *State) error {
	value, err := st.Encode()
	if err != nil {
		return err
	}
	return b.Set(layout.TopicKey(t.Name), value, nil)
}

// Missing returns the gap that a sequence lies in, as far as the topic knows
// without looking at records, nil if it knows of none: what was removed, or leapt over.
func (s *State) Missing(sequence uint64) *store.Gap {
	if _, last, ok := s.Past.Leap(sequence); ok {
		return records.Loss(sequence, last, nil)
	}
	if sequence < s.Low.First {
		last := s.Past.EndFrom(sequence, s.Last)
		return &store.Gap{Reason: store.Removed, First: sequence, Last: min(s.Low.First-1, last)}
	}
	return nil
}

// Leapt reports whether a gap is one that a recovery has accepted: it is no news. Where
// the leap is forgotten, nothing is stored and nothing is damaged.
func (s *State) Leapt(gap store.Gap) bool {
	_, _, leap := s.Past.Leap(gap.First)
	return leap || gap.Cause == nil && s.Past.Forgot(gap.First)
}
