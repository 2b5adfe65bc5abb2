package pebblestore

import (
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
	q := newQueue(1 << 20)
	var group sync.WaitGroup
	var begun atomic.Int32
	for range publishers {
		group.Go(func() {
			for begun.Add(1) <= all {
				if err := q.put(t.Context(), &task{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	commits := 0
	var tasks []*task
	for left := all; left > 0; left -= len(tasks) {
		tasks = q.take(tasks)
		commits++
		for waits(q)+len(tasks) < min(publishers, left) { // a sync lets the other come
			runtime.Gosched()
		}
		for _, task := range tasks {
			close(task.done)
		}
	}
	group.Wait()
	if most := all * 3 / 4; commits > most {
		t.Errorf("%d commits for %d tasks of %d publishers, want at most %d", commits, all, publishers, most)
	}
}

// waits is how many tasks wait.
func waits(q *queue) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.tasks)
}
