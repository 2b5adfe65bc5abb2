package trial

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parleyhq/parley/tests/bench/feed"
)

// asFastAsReceived publishes batches while the slowest subscriber is less than a
// window of messages behind. So everybody gets everything, and what is measured
// is how fast messages are delivered and not how long a queue can grow.
func asFastAsReceived(batch, window int64) source {
	return func(ctx context.Context, publisher feed.Publisher, to *audience) error {
		maker := feed.NewMaker(to.began)
		for published, received := int64(0), int64(0); ctx.Err() == nil; published += batch {
			stalled := time.Now().Add(stallLimit)
			for published+batch-received > window {
				if received = to.slowest(); published+batch-received <= window {
					break
				}
				if err := wait(ctx, 50*time.Microsecond); err != nil {
					return err
				}
				if time.Now().After(stalled) {
					return errStalled
				}
			}
			if err := publisher.Publish(maker.Batch(int(batch))); err != nil {
				return err
			}
		}
		return nil
	}
}

// atRate publishes single messages at a rate, whatever comes back. A message is
// stamped when its timer fires, not when the publisher gets round to it: the time
// it waits for an earlier one counts, that for the timer does not.
func atRate(perSecond float64) source {
	return func(ctx context.Context, publisher feed.Publisher, to *audience) error {
		due := make(chan time.Time, 1<<20) // a server that cannot keep up shows in the latencies
		running, ctx := errgroup.WithContext(ctx)
		running.Go(func() error {
			defer close(due)
			begin := time.Now()
			for i := 1; ; i++ {
				at := begin.Add(time.Duration(float64(i) / perSecond * float64(time.Second)))
				if ahead := time.Until(at); ahead > 0 {
					if err := wait(ctx, ahead); err != nil {
						return err
					}
				}
				select {
				case due <- time.Now():
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		})
		running.Go(func() error {
			maker := feed.NewMaker(to.began)
			for made := range due {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err := publisher.Publish([][]byte{maker.Payload(made)}); err != nil {
					return err
				}
			}
			return nil
		})
		return running.Wait()
	}
}

// backlog publishes so much that whoever takes nothing is behind, and waits until
// the others have it.
func backlog(ctx context.Context, publisher feed.Publisher, to *audience) error {
	const messages = 4096 // 600 KB: far more than the buffers of a connection's streams
	maker := feed.NewMaker(to.began)
	for range 8 {
		if err := publisher.Publish(maker.Batch(messages / 8)); err != nil {
			return err
		}
	}
	return to.await(ctx, messages)
}
