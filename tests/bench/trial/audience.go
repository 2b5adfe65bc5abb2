package trial

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parleyhq/parley/tests/bench/feed"
)

// audience is the subscribers of one measurement. It counts what each receives,
// and while it measures notes the latency of every so many messages.
type audience struct {
	began     time.Time // that of the payloads' maker
	every     int64
	measuring atomic.Bool
	wrong     atomic.Bool // somebody got something that was not sent
	all       []*subscriber
}

type subscriber struct {
	received atomic.Int64

	mu        sync.Mutex
	latencies []time.Duration

	_ [64]byte // counters of different goroutines do not share a cache line
}

func newAudience(every int64) *audience { return &audience{began: time.Now(), every: every} }

// join makes a subscriber of a feed part of the audience.
func (a *audience) join(f feed.Feed) error {
	s := new(subscriber)
	a.all = append(a.all, s)
	return f.Subscribe(func(payload []byte) {
		if s.received.Add(1)%a.every != 0 || !a.measuring.Load() {
			return
		}
		made, err := feed.Made(payload)
		if err != nil {
			a.wrong.Store(true)
			return
		}
		s.mu.Lock()
		s.latencies = append(s.latencies, time.Since(a.began)-made)
		s.mu.Unlock()
	})
}

// slowest returns how many messages everybody has received.
func (a *audience) slowest() int64 {
	least := a.all[0].received.Load()
	for _, s := range a.all[1:] {
		least = min(least, s.received.Load())
	}
	return least
}

// await returns when everybody has received so many messages.
func (a *audience) await(ctx context.Context, messages int64) error {
	for limit := time.Now().Add(stallLimit); a.slowest() < messages; {
		if err := wait(ctx, time.Millisecond); err != nil {
			return err
		}
		if time.Now().After(limit) {
			return errStalled
		}
	}
	return nil
}

// total returns how many messages were delivered.
func (a *audience) total() int64 {
	sum := int64(0)
	for _, s := range a.all {
		sum += s.received.Load()
	}
	return sum
}

// quantiles returns the median and the 99th percentile.
func (a *audience) quantiles() (p50, p99 time.Duration) {
	var all []time.Duration
	for _, s := range a.all {
		s.mu.Lock()
		all = append(all, s.latencies...)
		s.mu.Unlock()
	}
	return quantiles(all)
}

func quantiles(all []time.Duration) (p50, p99 time.Duration) {
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100]
}
