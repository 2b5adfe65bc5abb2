package ingest

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/parleyhq/parley/platform/interceptor"
	"github.com/parleyhq/parley/services/messaging/internal/store"
)

const (
	// waitingBytes bounds the messages of one stream that wait to be appended, or
	// one larger batch.
	waitingBytes = 2 << 20
	// maxWaiting bounds the batches of one stream that wait to be appended.
	maxWaiting = 1024
)

// ErrEarlierPublish: an earlier publish of the stream failed and had asked to
// stop later ones.
var ErrEarlierPublish = errors.New("an earlier publish on this stream failed and asked to stop later ones")

// Batch is one batch of a stream.
type Batch struct {
	store.AppendRequest

	// Refused is why the batch is not appended at all: its outcome, in its turn.
	Refused error
	// Stop makes every later batch of the stream fail if this one does.
	Stop bool
	// Done is called with the outcome, in the order of the batches, by the
	// appender's goroutine. It must not wait for the appender.
	Done func(store.Receipt, error)

	size int64
}

// Appender appends the batches of one stream in the order they are added, each
// all or none. Batches that come while others are being synced share the next
// sync. After a failure that leaves it open whether a batch is stored, and after
// that of a batch that says so, nothing more is stored.
//
// Add is for one goroutine.
type Appender struct {
	ctx     context.Context //nolint:containedctx // that of the stream, which the appender belongs to
	store   store.Store
	room    *semaphore.Weighted
	waiting chan *Batch
	done    sync.WaitGroup
	stopped error // why nothing more is stored
}

// NewAppender starts an appender. It must be closed. Once ctx is done it stores
// nothing more. If it panics, failed is called once with the error that the call
// has to end with; no batch has an outcome after that.
func NewAppender(ctx context.Context, s store.Store, failed func(error)) *Appender {
	ctx, cancel := context.WithCancel(ctx)
	a := &Appender{
		ctx: ctx, store: s,
		room: semaphore.NewWeighted(waitingBytes), waiting: make(chan *Batch, maxWaiting),
	}
	a.done.Go(func() {
		defer cancel()
		if err := interceptor.Guard(a.run); err != nil {
			failed(err)
			cancel()              // Add does not wait for room any more
			for range a.waiting { // nor for its turn
			}
		}
	})
	return a
}

// Add hands over a batch, waiting for room. It fails only where ctx ends first, or
// the appender has panicked; then the batch is not stored.
func (a *Appender) Add(b Batch) error {
	for _, m := range b.Messages {
		b.size += int64(len(m.Data))
	}
	b.size = min(b.size, waitingBytes)
	if err := a.room.Acquire(a.ctx, b.size); err != nil {
		return err
	}
	a.waiting <- &b // has room, or gets it: the goroutine never waits for Add
	return nil
}

// Close waits until every batch has its outcome.
func (a *Appender) Close() {
	close(a.waiting)
	a.done.Wait()
}

// run appends groups of waiting batches.
func (a *Appender) run() {
	var next *Batch
	for {
		if next == nil {
			var ok bool
			if next, ok = <-a.waiting; !ok {
				return
			}
		}
		var g group
		g.add(next)
		next = a.fill(&g)
		a.append(&g)
	}
}

// fill adds what is waiting, as far as it fits, and returns what does not.
func (a *Appender) fill(g *group) *Batch {
	for {
		select {
		case b, ok := <-a.waiting:
			if !ok {
				return nil // seen again by run
			}
			if !g.fits(b) {
				return b
			}
			g.add(b)
		default:
			return nil
		}
	}
}

// append stores a group at once, or where that fails, one batch after the other.
func (a *Appender) append(g *group) {
	if len(g.batches) > 1 && a.stopped == nil {
		receipt, err := a.store.Append(a.ctx, g.request())
		if err == nil {
			for i, part := range g.split(receipt) {
				a.settle(g.batches[i], part, nil)
			}
			return
		}
		if !store.Refused(err) {
			a.stopped = err
		}
	}
	for _, b := range g.batches {
		if a.stopped != nil {
			a.settle(b, store.Receipt{}, a.stopped)
			continue
		}
		receipt, err := store.Receipt{}, b.Refused
		if err == nil {
			receipt, err = a.store.Append(a.ctx, b.AppendRequest)
		}
		switch {
		case err == nil:
		case b.Refused == nil && !store.Refused(err):
			a.stopped = err
		case b.Stop:
			a.stopped = ErrEarlierPublish
		}
		a.settle(b, receipt, err)
	}
}

func (a *Appender) settle(b *Batch, receipt store.Receipt, err error) {
	a.room.Release(b.size)
	b.Done(receipt, err)
}
