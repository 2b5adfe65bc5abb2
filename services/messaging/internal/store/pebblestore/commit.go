package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/queue"
)

// roundBytes bounds the messages of one round, and so the memory and the time
// it takes.
const roundBytes = 4 << 20

// work is a change that the committer makes: a batch to be stored or another change.
// Either is set.
type work struct {
	batch  *batchTask
	change func() error
}

type task = queue.Task[work]

// commitLoop is the committer. It ends when the queue is closed and empty.
func (s *Store) commitLoop() {
	defer close(s.ended)
	defer s.keepAge()
	var tasks []*task
	for {
		s.gather()
		tasks = s.queue.Take(tasks)
		if len(tasks) == 0 {
			return
		}
		for rest := tasks; len(rest) > 0; {
			n := s.next(rest)
			for _, t := range rest[:n] {
				t.Done()
			}
			rest = rest[n:]
		}
		clear(tasks)
	}
}

// do has the committer do a task. Who gives up waiting is told if it is the storage
// that keeps the committer.
func (s *Store) do(ctx context.Context, t *task) error {
	err := s.queue.Put(ctx, t)
	if full := s.engine.Stalled(); full != nil && errors.Is(err, queue.ErrNotTaken) {
		return fmt.Errorf("%w: %w", s.refuse(full), err)
	}
	return err
}

// next does the first tasks, either one change or a round of batches, and
// returns how many.
func (s *Store) next(tasks []*task) int {
	if tasks[0].Work.change != nil {
		if tasks[0].Err = s.failed(); tasks[0].Err == nil {
			tasks[0].Err = tasks[0].Work.change()
		}
		return 1
	}
	n, size := 0, int64(0)
	for n < len(tasks) && tasks[n].Work.batch != nil && (n == 0 || size+tasks[n].Weight <= roundBytes) {
		size += tasks[n].Weight
		n++
	}
	s.runRound(tasks[:n])
	return n
}

// runRound commits batches with one sync. Every outcome, a refusal too, may
// rest on another batch of the round, so none is given out before the sync.
func (s *Store) runRound(tasks []*task) {
	err := s.failed()
	if err == nil {
		r := s.newRound(tasks)
		for _, t := range tasks {
			t.Err = r.stage(t.Work.batch)
		}
		err = r.commit()
		s.last = r.stats
	}
	if err != nil {
		for _, t := range tasks {
			t.Err = err
		}
	}
}

// age is how long the store has been running in its life.
func (s *Store) age() time.Duration {
	return max(s.ageBase+s.opts.Clock.Running(), s.commit.Age)
}

// keepAge writes the age of the store at its end, so that it goes on from there.
// After a kill it goes on from the last batch, and ids live that much longer.
func (s *Store) keepAge() {
	if s.failed() != nil || s.age() == s.commit.Age {
		return
	}
	b := s.db.NewBatch()
	defer func() { _ = b.Close() }()
	_ = s.write(b) // on failure the store has failed
}

// write commits a batch durably. On failure the store has failed.
func (s *Store) write(b *pebble.Batch) (err error) {
	next := layout.Commit{Number: s.commit.Number + 1, Age: s.age()}
	if err := b.Set(layout.CommitKey(), next.Encode(), nil); err != nil {
		s.fail(fmt.Errorf("write log: %w", err))
		return s.failed()
	}
	func() {
		// Pebble panics where it cannot hand a batch to its log writer.
		defer func() {
			if p := recover(); p != nil {
				s.fail(fmt.Errorf("write log: %v", p))
			}
		}()
		if err := b.Commit(pebble.Sync); err != nil {
			s.fail(fmt.Errorf("write log: %w", err))
		}
	}()
	if err := s.failed(); err != nil {
		return err
	}
	s.commit = next
	s.marker.committed(next.Number)
	return nil
}

// full returns why nothing more should be stored for now. A file system that cannot
// tell how much is free does not stop publishing.
func (s *Store) full() error {
	if err := s.engine.Stalled(); err != nil {
		return err
	}
	if free, err := s.opts.DiskFree(); err == nil && free < s.opts.MinFreeBytes {
		return store.ErrLowDiskSpace
	}
	return nil
}

// logTime is the log time of the next message of a topic whose newest is from last.
func logTime(now, last int64) int64 { return max(now, last, 0) }

func (s *Store) refuse(full error) error {
	if s.opts.Hooks.Refused != nil {
		s.opts.Hooks.Refused()
	}
	return full
}
