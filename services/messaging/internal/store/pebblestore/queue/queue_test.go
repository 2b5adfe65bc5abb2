package queue

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// TestTwoPublishersShare holds that two publishers, each waiting for its last task
// before it queues the next, share the commits, though one of them was late at first.
func TestTwoPublishersShare(t *testing.T) {
	t.Parallel()
	const publishers, all = 2, 4000
	q := New[struct{}](1 << 20)
	var group sync.WaitGroup
	var begun atomic.Int32
	for range publishers {
		group.Go(func() {
			for begun.Add(1) <= all {
				if err := q.Put(t.Context(), &Task[struct{}]{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	commits := 0
	var tasks []*Task[struct{}]
	for left := all; left > 0; left -= len(tasks) {
		tasks = q.Take(tasks)
		commits++
		for waits(q)+len(tasks) < min(publishers, left) { // a sync lets the other come
			runtime.Gosched()
		}
		for _, task := range tasks {
			task.Done()
		}
	}
	group.Wait()
	if most := all * 3 / 4; commits > most {
		t.Errorf("%d commits for %d tasks of %d publishers, want at most %d", commits, all, publishers, most)
	}
}

// waits is how many tasks wait.
func waits(q *Queue[struct{}]) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.tasks)
}

// TestWithdraw gives up two of three tasks: the one that still waits is not done, the
// one that was taken is.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	q := New[struct{}](1 << 20)
	ctx, cancel := context.WithCancel(t.Context())
	outcome := make(chan error, 3)
	put := func(ctx context.Context) { go func() { outcome <- q.Put(ctx, &Task[struct{}]{}) }() }
	put(ctx)
	taken := q.Take(nil)
	put(ctx)
	put(t.Context())
	for waits(q) < 2 {
		runtime.Gosched()
	}
	cancel()
	if err := <-outcome; !errors.Is(err, ErrNotTaken) || !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	rest := q.Take(nil)
	if len(taken) != 1 || len(rest) != 1 {
		t.Fatalf("took %d, then %d tasks, want one each", len(taken), len(rest))
	}
	for _, task := range append(taken, rest...) {
		task.Done()
		if err := <-outcome; err != nil {
			t.Error(err)
		}
	}
}
