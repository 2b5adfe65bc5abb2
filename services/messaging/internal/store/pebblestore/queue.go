package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// taskOverhead is what a waiting task is taken to weigh besides its messages.
const taskOverhead = 1 << 10

// task is one change waiting for the committer. Either batch or change is set.
type task struct {
	weight int64
	batch  *batchTask
	change func() error
	err    error
	done   chan struct{}
}

// queue holds the tasks in the order in which they will be done. It is bounded
// by weight: put waits for room, in turn.
type queue struct {
	room     *semaphore.Weighted
	capacity int64
	wake     chan struct{}
	dead     chan struct{} // closed when no more tasks will be done

	mu     sync.Mutex
	tasks  []*task
	closed bool
}

func newQueue(capacity int64) *queue {
	return &queue{
		room: semaphore.NewWeighted(capacity), capacity: capacity,
		wake: make(chan struct{}, 1), dead: make(chan struct{}),
	}
}

// errNotTaken: the context ended while a task waited, and it will not be done.
var errNotTaken = errors.New("not begun")

// put queues a task and waits until it is done. The context ends the wait only
// while the committer has not taken the task: that is an errNotTaken. If the store
// fails meanwhile, put returns store.ErrFailed; the committer may then still hold the
// task, or hang in the engine with it.
func (q *queue) put(ctx context.Context, t *task) error {
	t.weight = min(t.weight+taskOverhead, q.capacity)
	if err := q.room.Acquire(ctx, t.weight); err != nil {
		return fmt.Errorf("wait for the log: %w: %w", errNotTaken, err)
	}
	defer q.room.Release(t.weight)
	if q.isDead() {
		return store.ErrFailed
	}
	t.done = make(chan struct{})
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return store.ErrClosed
	}
	q.tasks = append(q.tasks, t)
	q.mu.Unlock()
	q.signal()
	select {
	case <-t.done:
		return t.err
	case <-q.dead:
		return store.ErrFailed
	case <-ctx.Done():
	}
	if q.withdraw(t) {
		return fmt.Errorf("wait for the log: %w: %w", errNotTaken, ctx.Err())
	}
	select {
	case <-t.done:
		return t.err
	case <-q.dead:
		return store.ErrFailed
	}
}

// withdraw takes a task back that the committer has not taken.
func (q *queue) withdraw(t *task) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.tasks, t)
	if i < 0 {
		return false
	}
	q.tasks = slices.Delete(q.tasks, i, i+1)
	return true
}

// kill ends the wait of everybody. It is called once.
func (q *queue) kill() { close(q.dead) }

func (q *queue) isDead() bool {
	select {
	case <-q.dead:
		return true
	default:
		return false
	}
}

// take returns everything queued, waiting for something; nothing once the queue
// is closed and empty. The list that the last call returned becomes the next one.
func (q *queue) take(last []*task) []*task {
	q.mu.Lock()
	several := len(last)+len(q.tasks) > 1 // publishers: those just answered, and those that wait
	q.mu.Unlock()
	for {
		// Those that are about to queue something do so first and share the sync.
		if several {
			runtime.Gosched()
		}
		q.mu.Lock()
		tasks, closed := q.tasks, q.closed
		if len(tasks) > 0 || closed {
			q.tasks = last[:0]
			q.mu.Unlock()
			return tasks
		}
		q.mu.Unlock()
		<-q.wake
	}
}

// close refuses further tasks. Those queued are still done.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
