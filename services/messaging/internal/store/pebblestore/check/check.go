package check

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/datadir"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/engine"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/records"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/topics"
)

// Report is what Directory found.
type Report struct {
	// Topics are those the store holds, by name.
	Topics []TopicReport
	// Problems are what is wrong with the store as a whole.
	Problems []error
}

// TopicReport is what Directory found about one topic.
type TopicReport struct {
	store.Topic
	// Accepted are gaps that an earlier recovery has accepted.
	Accepted []store.Gap
	// Lost are other gaps: readers are told of them.
	Lost []store.Gap
	// Problems are what is wrong with the topic.
	Problems []error
}

// Clean reports whether everything is as it should be.
func (r Report) Clean() bool {
	return len(r.Problems) == 0 && !slices.ContainsFunc(r.Topics, func(t TopicReport) bool {
		return len(t.Lost) > 0 || len(t.Problems) > 0
	})
}

// Directory reads all of a data directory that the caller has locked and verifies it: the
// mark, the catalogue, and the checksum, order and contents of every record. It changes
// nothing. It fails with store.ErrFormatTooNew, or store.ErrDamaged if there is nothing to
// be read; other findings are in the report. settings are the engine's.
func Directory(dir datadir.Dir, settings engine.Options) (Report, error) {
	var r Report
	if err := dir.CheckFormat(); err != nil {
		return r, err
	}
	state, err := dir.LoadMark()
	if err == nil {
		err = mark.Verify(dir.FS, dir.Engine(), state.Manifest)
	}
	r.note(err)
	db, err := engine.OpenToRead(settings)
	if err != nil {
		return r, datadir.Damaged("open log", err)
	}
	c, err := topics.Load(db)
	if err != nil {
		return r, errors.Join(err, db.Close())
	}
	r.note(c.Compare(db, state))
	logs := make(map[uint64]bool)
	for _, name := range slices.Sorted(maps.Keys(c.Topics)) {
		logs[c.Topics[name].Log] = true
		r.Topics = append(r.Topics, checkTopic(db, c.Topics[name]))
	}
	r.note(checkOrphans(db, logs))
	return r, db.Close()
}

func (r *Report) note(err error) {
	if err != nil {
		r.Problems = append(r.Problems, err)
	}
}

// checkIDs reads the ids stored for a log.
func checkIDs(db pebble.Reader, log uint64) error {
	it, err := db.NewIter(records.Span(layout.IDsKey(log, 0), layout.IDsKey(log, layout.EndOfLog)))
	if err != nil {
		return datadir.Damaged("read ids", err)
	}
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		_, err = layout.ParseIDs(it.Value(), func(int, layout.Fingerprint) {})
	}
	if err = errors.Join(err, it.Close()); err != nil {
		return datadir.Damaged("read ids", err)
	}
	return nil
}

// checkOrphans looks for records of logs that no topic has.
func checkOrphans(db pebble.Reader, logs map[uint64]bool) error {
	it, err := db.NewIter(records.Span(layout.RecordSpan()))
	if err != nil {
		return datadir.Damaged("read records", err)
	}
	orphans := 0
	for ok := it.First(); ok; {
		log, _, _ := layout.ParseSeqKey(it.Key())
		if !logs[log] {
			orphans++
		}
		ok = it.SeekGE(layout.RecordKey(log, layout.EndOfLog))
	}
	if err := it.Close(); err != nil {
		return datadir.Damaged("read records", err)
	}
	if orphans > 0 {
		return fmt.Errorf("records of %d unknown topics: %w", orphans, store.ErrDamaged)
	}
	return nil
}
