package pebblestore

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/datadir"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/records"
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
	var err error
	if c.commit, err = commitOf(db); err != nil {
		return nil, err
	}
	list, err := topicList(db)
	if err != nil {
		return nil, datadir.Damaged("read topics", err)
	}
	ends, err := records.OpenEnds(db)
	if err != nil {
		return nil, datadir.Damaged("read topics", err)
	}
	defer ends.Close()
	for _, t := range list {
		if err := c.loadTopic(db, ends, t); err != nil {
			return nil, datadir.Damaged("read topic "+t.name, err)
		}
	}
	return c, nil
}

func commitOf(db pebble.Reader) (layout.Commit, error) {
	var commit layout.Commit
	value, err := records.Get(db, layout.CommitKey())
	if err == nil && value != nil {
		commit, err = layout.ParseCommit(value)
	}
	if err != nil {
		return commit, datadir.Damaged("read commit number", err)
	}
	return commit, nil
}

type namedTopic struct {
	name string
	layout.Topic
}

// topicList returns the definitions of all topics in the order of their logs, in
// which the records of many lie close together.
func topicList(db pebble.Reader) ([]namedTopic, error) {
	it, err := db.NewIter(records.Span(layout.TopicSpan()))
	if err != nil {
		return nil, err
	}
	defer func() { _ = it.Close() }()
	var list []namedTopic
	for ok := it.First(); ok; ok = it.Next() {
		name := layout.TopicName(it.Key())
		def, err := layout.ParseTopic(it.Value())
		if err != nil {
			return nil, fmt.Errorf("topic %s: %w", name, err)
		}
		list = append(list, namedTopic{name, def})
	}
	slices.SortFunc(list, func(a, b namedTopic) int { return cmp.Compare(a.Log, b.Log) })
	return list, it.Error()
}

func (c *catalogue) loadTopic(db pebble.Reader, ends *records.Ends, def namedTopic) error {
	t := &topic{name: def.name, log: def.Log}
	st := &state{Topic: def.Topic, low: layout.LowWater{First: 1}}
	value, err := ends.LowWater(def.Log)
	if err == nil && value != nil {
		st.low, err = layout.ParseLowWater(value)
	}
	if err != nil {
		return err
	}
	st.last = max(def.Floor(), st.low.First-1)
	st.time = max(def.PastTime, st.low.Time)
	st.bytes, st.count = st.low.Bytes, st.low.Messages
	newest, ok, err := ends.NewestRecord(def.Log)
	if err != nil {
		c.unreadable[def.name] = err
		newest, ok = records.NewestReadable(db, def.Log)
	}
	if ok {
		st.last = max(st.last, newest.Last())
		st.time = max(st.time, newest.Time)
		// Purging all leaves a record only where the low water hides part of it.
		st.bytes, st.count = max(st.bytes, newest.EndBytes), max(st.count, newest.EndMessages)
	}
	t.state.Store(st)
	c.topics[def.name] = t
	return nil
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
		gone, err := records.Get(db, layout.DeletedKey(log))
		if err != nil {
			return datadir.Damaged("read deleted topics", err)
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
