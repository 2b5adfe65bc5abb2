package queue

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

// Task is something to do, waiting for the committer.
type Task[T any] struct {
	// Weight is what it weighs; some is added for the task itself.
	Weight int64
	// Work is what is to be done.
	Work T
	// Err is the outcome. Set it before Done.
	Err error

	done chan struct{}
}

// Done says that the task is done. Put returns its Err.
func (t *Task[T]) Done() { close(t.done) }

// Queue holds the tasks in the order in which they will be done. It is bounded
// by weight: Put waits for room, in turn. It is safe for concurrent use, but Take is for
// one goroutine, the committer.
type Queue[T any] struct {
	room     *semaphore.Weighted
	capacity int64
	wake     chan struct{}
	dead     chan struct{} // closed when no more tasks will be done

	mu     sync.Mutex
	tasks  []*Task[T]
	closed bool
}

// New returns a queue for tasks of a weight together of capacity. A heavier task counts as
// that.
func New[T any](capacity int64) *Queue[T] {
	return &Queue[T]{
		room: semaphore.NewWeighted(capacity), capacity: capacity,
		wake: make(chan struct{}, 1), dead: make(chan struct{}),
	}
}

// ErrNotTaken: the context ended while a task waited, and it will not be done.
var ErrNotTaken = errors.New("not begun")

// Put queues a task and waits until it is done. The context ends the wait only
// while the committer has not taken the task: that is an ErrNotTaken. If the store
// fails meanwhile, Put returns store.ErrFailed; the committer may then still hold the
// task, or hang in the engine with it.
func (q *Queue[T]) Put(ctx context.Context, t *Task[T]) error {
	t.Weight = min(t.Weight+taskOverhead, q.capacity)
	if err := q.room.Acquire(ctx, t.Weight); err != nil {
		return fmt.Errorf("wait for the log: %w: %w", ErrNotTaken, err)
	}
	defer q.room.Release(t.Weight)
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
		return t.Err
	case <-q.dead:
		return store.ErrFailed
	case <-ctx.Done():
	}
	if q.withdraw(t) {
		return fmt.Errorf("wait for the log: %w: %w", ErrNotTaken, ctx.Err())
	}
	select {
	case <-t.done:
		return t.Err
	case <-q.dead:
		return store.ErrFailed
	}
}

// withdraw takes a task back that the committer has not taken.
func (q *Queue[T]) withdraw(t *Task[T]) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.tasks, t)
	if i < 0 {
		return false
	}
	q.tasks = slices.Delete(q.tasks, i, i+1)
	return true
}

// Dead is closed by Kill.
func (q *Queue[T]) Dead() <-chan struct{} { return q.dead }

// Kill ends the wait of everybody. It is called once.
func (q *Queue[T]) Kill() { close(q.dead) }

func (q *Queue[T]) isDead() bool {
	select {
	case <-q.dead:
		return true
	default:
		return false
	}
}

// Take returns everything queued, waiting for something; nothing once the queue
// is closed and empty. The list that the last call returned becomes the next one.
func (q *Queue[T]) Take(last []*Task[T]) []*Task[T] {
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

// Close refuses further tasks. Those queued are still done.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

func (q *Queue[T]) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
