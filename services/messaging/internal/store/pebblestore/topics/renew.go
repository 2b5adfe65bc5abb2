package topics

import (
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/datadir"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/records"
)

// leap is how far a new epoch begins above the highest sequence known. Nobody
// knows how many were issued after a backup was made, or after a mark that may be
// damaged itself: at 100,000 messages a second to one topic, this is 127 days of
// them. A topic has room for 8,000 leaps.
const leap = 1 << 40

// Renewal is what was known before of a store whose topics get new epochs.
type Renewal struct {
	// Mark is what was acknowledged.
	Mark mark.State
	// Lost is the definition of topics of which the name is all that is left.
	Lost store.Definition
}

// Adopt reads a catalogue and gives every topic a new epoch, durably.
func (r Renewal) Adopt(db *pebble.DB) (*Catalogue, error) {
	c, err := Load(db)
	if err == nil {
		err = c.renew(db, r)
	}
	return c, err
}

// renew gives every topic a new epoch that goes on above everything that may
// have been issued before, and makes topics that are missing again, empty. It is
// one batch: it happens all or not at all.
func (c *Catalogue) renew(db *pebble.DB, r Renewal) error {
	b := db.NewBatch()
	defer func() { _ = b.Close() }()
	missing, err := r.known(db)
	if err != nil {
		return err
	}
	for _, t := range c.Topics {
		next := *t.State()
		next.renew(missing[t.Log])
		delete(missing, t.Log)
		if err := t.renew(b, &next); err != nil {
			return err
		}
	}
	for log, m := range missing {
		if c.Topics[m.Name] != nil {
			continue // an older life of a topic whose deletion is lost too
		}
		t := &Topic{Name: m.Name, Log: log}
		next := &State{
			Topic: layout.Topic{Log: log, Epoch: m.Epoch, Definition: r.Lost},
			Low:   layout.LowWater{First: 1},
		}
		next.renew(m)
		if err := t.renew(b, next); err != nil {
			return err
		}
		c.Topics[m.Name] = t
	}
	c.Commit.Number = max(c.Commit.Number, r.Mark.Commit) + 1
	_ = b.Set(layout.CommitKey(), c.Commit.Encode(), nil)
	return b.Commit(pebble.Sync)
}

// known returns the topics of the mark that were not deleted.
func (r Renewal) known(db *pebble.DB) (map[uint64]mark.Topic, error) {
	known := make(map[uint64]mark.Topic)
	for log, m := range r.Mark.Topics {
		gone, err := records.Get(db, layout.DeletedKey(log))
		if err != nil {
			return nil, datadir.Damaged("read deleted topics", err)
		}
		if gone == nil {
			known[log] = m
		}
	}
	return known, nil
}

func (t *Topic) renew(b *pebble.Batch, next *State) error {
	t.Set(next)
	// Ids of lost messages: a retry shall be stored.
	lost := next.Past[len(next.Past)-1].End + 1
	_ = b.DeleteRange(layout.IDsKey(t.Log, lost), layout.IDsKey(t.Log, layout.EndOfLog), nil)
	return t.Put(b, next)
}

// renew ends the epoch at what was found of it and begins another one above what
// was found, and above what the mark knows.
func (s *State) renew(known mark.Topic) {
	past := store.PastEpoch{
		Epoch: s.Epoch, End: s.Last,
		Next: min(max(s.Last, known.Last)+leap, store.MaxSequence) + 1,
	}
	s.Past = append(slices.Clone(s.Past), past)
	if known.Epoch != "" && known.Epoch != s.Epoch {
		// The beginning of the newest epoch is lost, and with it all of its messages.
		past.Epoch = known.Epoch
		s.Past = append(s.Past, past)
	}
	s.Past = s.Past[max(0, len(s.Past)-store.MaxPast):]
	s.Epoch, s.Last, s.PastTime = newEpoch(), past.Next-1, s.Time
}
