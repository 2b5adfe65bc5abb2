package retry

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/parleyhq/parley/platform/client"
)

// The defaults of [Backoff].
const (
	DefaultBase = 100 * time.Millisecond
	DefaultMax  = 5 * time.Second
)

// Backoff is how long to wait before another try. The zero value has the
// defaults.
type Backoff struct {
	Base time.Duration
	Max  time.Duration
}

// Delay returns how long to wait after a number of tries, from 0, that brought
// nothing: a random time between half of Base·2^tries and all of it, at most Max.
// If the error says how long the server asks to wait, it is at least that, and up
// to half as much longer, so that not all clients come back at once.
func (b Backoff) Delay(tries int, cause error) time.Duration {
	if b.Base <= 0 {
		b.Base = DefaultBase
	}
	if b.Max <= 0 {
		b.Max = DefaultMax
	}
	limit := b.Base
	for range tries {
		if limit >= b.Max {
			break
		}
		limit *= 2
	}
	delay := jitter(min(limit, b.Max) / 2)
	if _, asked := client.Retryable(cause); asked > 0 {
		delay = max(delay, asked+rand.N(asked/2+1)) //nolint:gosec // jitter
	}
	return delay
}

// jitter returns a random time between half and twice half.
func jitter(half time.Duration) time.Duration {
	return half + rand.N(half+1) //nolint:gosec // jitter
}

// Wait waits, or returns the error of ctx if that ends first.
func Wait(ctx context.Context, delay time.Duration) error {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
