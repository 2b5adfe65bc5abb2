package pebblestore

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/frame"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/datadir"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/engine"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/records"
)

// Report is what Check found.
type Report struct {
	// Topics are those the store holds, by name.
	Topics []TopicReport
	// Problems are what is wrong with the store as a whole.
	Problems []error
}

// TopicReport is what Check found about one topic.
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

// Check reads all of a store that no process has open and verifies it: the mark,
// the catalogue, and the checksum, order and contents of every record. It
// changes nothing. It fails with store.ErrLocked, store.ErrFormatTooNew, or
// store.ErrDamaged if there is nothing to be read; other findings are in the
// report.
func Check(opts Options) (Report, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return Report{}, fmt.Errorf("check store: %w", err)
	}
	lock, err := opts.dir().Lock()
	if err != nil {
		return Report{}, fmt.Errorf("check store: %w", err)
	}
	r, err := checkLocked(opts)
	if err = errors.Join(err, lock.Close()); err != nil {
		return r, fmt.Errorf("check store: %w", err)
	}
	return r, nil
}

func checkLocked(opts Options) (Report, error) {
	var r Report
	if err := opts.dir().CheckFormat(); err != nil {
		return r, err
	}
	state, err := opts.dir().LoadMark()
	if err == nil {
		err = mark.Verify(opts.FS, opts.dir().Engine(), state.Manifest)
	}
	r.note(err)
	db, err := engine.OpenToRead(opts.engine())
	if err != nil {
		return r, datadir.Damaged("open log", err)
	}
	c, err := load(db)
	if err != nil {
		return r, errors.Join(err, db.Close())
	}
	r.note(c.compare(db, state))
	logs := make(map[uint64]bool)
	for _, name := range slices.Sorted(maps.Keys(c.topics)) {
		logs[c.topics[name].log] = true
		r.Topics = append(r.Topics, checkTopic(db, c.topics[name]))
	}
	r.note(checkOrphans(db, logs))
	return r, db.Close()
}

func (r *Report) note(err error) {
	if err != nil {
		r.Problems = append(r.Problems, err)
	}
}

// checkTopic reads a topic from its first to its last record.
func checkTopic(db pebble.Reader, t *topic) TopicReport {
	k := topicCheck{topic: t, st: t.state.Load(), report: TopicReport{Topic: t.info()}}
	k.expect = k.st.low.First
	for k.expect <= k.st.last {
		err := k.walk(db)
		if err == nil {
			break
		}
		if !records.IsUnreadable(err) {
			k.problem(err)
			return k.report
		}
		k.gap(records.NextReadable(db, t.log, k.expect, k.st.last), err)
	}
	k.problem(checkIDs(db, t.log))
	return k.report
}

type topicCheck struct {
	*topic
	st     *state
	report TopicReport
	expect uint64         // the next sequence
	before *records.Found // the record before it
}

func (k *topicCheck) problem(err error) {
	if err != nil {
		k.report.Problems = append(k.report.Problems, err)
	}
}

// gap notes that everything from expect to before resume is missing.
func (k *topicCheck) gap(resume uint64, cause error) {
	gap := *records.Loss(k.expect, resume-1, cause)
	if gap.Last <= k.st.Floor() {
		k.report.Accepted = append(k.report.Accepted, gap)
	} else {
		k.report.Lost = append(k.report.Lost, gap)
	}
	k.expect, k.before = resume, nil
}

func (k *topicCheck) walk(db pebble.Reader) error {
	c, err := records.Open(db, k.log, k.st.last)
	if err != nil {
		return err
	}
	defer c.Close()
	f, ok, err := c.Seek(k.expect)
	for ; err == nil && ok; f, ok, err = c.Next() {
		if f.First > k.expect {
			k.gap(f.First, nil)
		}
		if err := k.record(f); err != nil {
			return err
		}
		k.expect = f.Last() + 1
		before := f
		k.before = &before
	}
	if err == nil && k.expect <= k.st.last {
		k.gap(k.st.last+1, nil)
	}
	return err
}

func (k *topicCheck) record(f records.Found) error {
	rest := f.Frames
	for sequence := f.First; sequence <= f.Last(); sequence++ {
		message, n, err := frame.Next(rest)
		if err != nil {
			return fmt.Errorf("record %d: %w: %w", f.First, records.ErrUnreadable, err)
		}
		if got, err := frame.Sequence(message); err != nil || got != sequence {
			return fmt.Errorf("record %d: message %d is numbered %d: %w", f.First, sequence, got, records.ErrUnreadable)
		}
		rest = rest[n:]
	}
	switch b := k.before; {
	case len(rest) > 0:
		return fmt.Errorf("record %d is longer than its messages: %w", f.First, records.ErrUnreadable)
	case b != nil && b.Last()+1 != f.First:
		k.problem(fmt.Errorf("record %d overlaps with the one before", f.First))
	case b != nil && b.Time > f.Time:
		k.problem(fmt.Errorf("publish time runs backwards at %d", f.First))
	case b != nil && (b.EndBytes+uint64(len(f.Frames)) != f.EndBytes || b.EndMessages+uint64(f.Count) != f.EndMessages):
		k.problem(fmt.Errorf("totals are wrong at %d", f.First))
	}
	return nil
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
