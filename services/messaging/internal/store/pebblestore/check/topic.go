package check

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/frame"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/records"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/topics"
)

// checkTopic reads a topic from its first to its last record.
func checkTopic(db pebble.Reader, t *topics.Topic) TopicReport {
	k := topicCheck{Topic: t, st: t.State(), report: TopicReport{Topic: t.Info()}}
	k.expect = k.st.Low.First
	for k.expect <= k.st.Last {
		err := k.walk(db)
		if err == nil {
			break
		}
		if !records.IsUnreadable(err) {
			k.problem(err)
			return k.report
		}
		k.gap(records.NextReadable(db, t.Log, k.expect, k.st.Last), err)
	}
	k.problem(checkIDs(db, t.Log))
	return k.report
}

type topicCheck struct {
	*topics.Topic
	st     *topics.State
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
	c, err := records.Open(db, k.Log, k.st.Last)
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
	if err == nil && k.expect <= k.st.Last {
		k.gap(k.st.Last+1, nil)
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
