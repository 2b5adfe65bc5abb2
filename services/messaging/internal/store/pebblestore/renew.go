package pebblestore

import (
	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
)

// renewal is what was known before of a store whose topics get new epochs.
type renewal struct {
	mark mark.State
	// lost is the definition of topics of which the name is all that is left.
	lost store.Definition
}

// renew gives every topic a new epoch that goes on above everything issued
// before, and makes topics that are missing again, empty. It is one batch: it
// happens all or not at all.
func (c *catalogue) renew(db *pebble.DB, r renewal) error {
	b := db.NewBatch()
	defer func() { _ = b.Close() }()
	missing := make(map[uint64]mark.Topic)
	for log, m := range r.mark.Topics {
		gone, err := get(db, layout.DeletedKey(log))
		if err != nil {
			return damaged("read deleted topics", err)
		}
		if gone == nil {
			missing[log] = m
		}
	}
	for name, t := range c.topics {
		next := *t.state.Load()
		next.last = max(next.last, missing[t.log].Last)
		delete(missing, t.log)
		next.Epoch, next.Floor, next.FloorTime = newEpoch(), next.last, next.time
		if err := putTopic(b, name, &next); err != nil {
			return err
		}
		t.state.Store(&next)
	}
	for log, m := range missing {
		if c.topics[m.Name] != nil {
			continue // an older life of a topic whose deletion is lost too
		}
		t := &topic{name: m.Name, log: log}
		st := &state{
			Topic: layout.Topic{Log: log, Epoch: newEpoch(), Definition: r.lost, Floor: m.Last},
			low:   layout.LowWater{First: 1}, last: m.Last,
		}
		if err := putTopic(b, m.Name, st); err != nil {
			return err
		}
		t.state.Store(st)
		c.topics[m.Name] = t
	}
	c.commit.Number = max(c.commit.Number, r.mark.Commit) + 1
	_ = b.Set(layout.CommitKey(), c.commit.Encode(), nil)
	return b.Commit(pebble.Sync)
}
