package pebblestore

import (
	"sync/atomic"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/dedup"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
)

// topic is one topic. Its state is replaced, never changed, by the committer;
// anybody may load it.
type topic struct {
	name  string
	log   uint64
	state atomic.Pointer[state]

	// ids belongs to the committer: nil until the first id is looked up.
	ids     *dedup.Index
	idsFrom uint64        // no ids are stored for records before this sequence
	idsUsed time.Duration // age of the store when ids was last used
}

// state is what is durable of a topic.
type state struct {
	layout.Topic
	low     layout.LowWater
	last    uint64 // highest sequence issued
	time    int64  // publish time of the newest message
	bytes   uint64 // totals of the log, from its beginning
	count   uint64
	deleted bool
}

func (t *topic) info() store.Topic {
	s := t.state.Load()
	return store.Topic{
		Name: t.name, Definition: s.Definition, Epoch: s.Epoch, Past: s.Past, Created: s.Created,
		First: s.Past.Skip(s.low.First), Begin: s.low.First, Last: s.last,
		Messages: s.count - s.low.Messages, Bytes: s.bytes - s.low.Bytes,
	}
}

// mark says how far the topic is durable.
func (t *topic) mark() mark.Topic {
	s := t.state.Load()
	return mark.Topic{Name: t.name, Epoch: s.Epoch, Last: s.last}
}

func (s *state) cursor() store.Cursor { return store.Cursor{Epoch: s.Epoch, Sequence: s.last} }

// checkEpoch fails if an epoch is expected and the topic has another.
func (s *state) checkEpoch(epoch string) error {
	if epoch != "" && epoch != s.Epoch {
		return &store.MismatchError{EpochDiffers: true, Actual: s.cursor()}
	}
	return nil
}
