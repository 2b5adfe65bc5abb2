package topics

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

// Catalogue is what a database says about itself, without its records.
type Catalogue struct {
	// Commit is the last one.
	Commit layout.Commit
	// Topics are those there are, by name.
	Topics map[string]*Topic
	// Unreadable has the topics whose newest record cannot be read.
	Unreadable map[string]error
}

// Load reads the catalogue. Damage fails it with store.ErrDamaged, but for the
// newest record of a topic, which goes to Unreadable.
func Load(db pebble.Reader) (*Catalogue, error) {
	c := &Catalogue{Topics: make(map[string]*Topic), Unreadable: make(map[string]error)}
	var err error
	if c.Commit, err = CommitOf(db); err != nil {
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

// CommitOf returns the last commit of a database. It fails with store.ErrDamaged.
func CommitOf(db pebble.Reader) (layout.Commit, error) {
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

// Adopt goes on with a catalogue that was read before the database was opened for
// use. Opening moves what the log holds into tables and changes nothing else:
// if the commit is another one, that is a store.ErrDamaged.
func (c *Catalogue) Adopt(db *pebble.DB) (*Catalogue, error) {
	commit, err := CommitOf(db)
	if err == nil && commit != c.Commit {
		err = fmt.Errorf("commit %d was found, now %d: %w", c.Commit.Number, commit.Number, store.ErrDamaged)
	}
	return c, err
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

func (c *Catalogue) loadTopic(db pebble.Reader, ends *records.Ends, def namedTopic) error {
	st := &State{Topic: def.Topic, Low: layout.LowWater{First: 1}}
	value, err := ends.LowWater(def.Log)
	if err == nil && value != nil {
		st.Low, err = layout.ParseLowWater(value)
	}
	if err != nil {
		return err
	}
	st.Last = max(def.Floor(), st.Low.First-1)
	st.Time = max(def.PastTime, st.Low.Time)
	st.Bytes, st.Count = st.Low.Bytes, st.Low.Messages
	newest, ok, err := ends.NewestRecord(def.Log)
	if err != nil {
		c.Unreadable[def.name] = err
		newest, ok = records.NewestReadable(db, def.Log)
	}
	if ok {
		st.Last = max(st.Last, newest.Last())
		st.Time = max(st.Time, newest.Time)
		// Purging all leaves a record only where the low water hides part of it.
		st.Bytes, st.Count = max(st.Bytes, newest.EndBytes), max(st.Count, newest.EndMessages)
	}
	c.Topics[def.name] = New(def.name, st)
	return nil
}

// Compare returns what is missing from the catalogue by the mark, as a
// *store.LossError, nil if nothing is.
func (c *Catalogue) Compare(db pebble.Reader, state mark.State) error {
	loss := &store.LossError{Acknowledged: state.Commit, Found: c.Commit.Number}
	logs := make(map[uint64]*Topic, len(c.Topics))
	for _, t := range c.Topics {
		logs[t.Log] = t
	}
	for log, want := range state.Topics {
		if t := logs[log]; t != nil {
			if found := t.State().Last; found < want.Last {
				loss.Topics = append(loss.Topics, store.TopicLoss{Name: t.Name, Acknowledged: want.Last, Found: found})
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
