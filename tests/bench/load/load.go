// Package load drives a server for a while and measures what came back. All
// loads are closed loops: a caller sends its next message when an earlier one
// has been answered, so what is measured is how fast the server answers, not
// how long a queue can grow.
package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Load drives the server at a base URL for about that long. Every answer is
// checked.
type Load func(ctx context.Context, url string, duration time.Duration) (Result, error)

// Result is what one run of a load measured.
type Result struct {
	Operations int
	Elapsed    time.Duration

	latencies []time.Duration // sorted
}

var (
	errNothing = errors.New("the server answered nothing")
	errAnswer  = errors.New("the server gave a wrong answer")
)

// Quantile returns the latency that a share q of the operations did not exceed,
// and 0 if the load measures none.
func (r Result) Quantile(q float64) time.Duration {
	if len(r.latencies) == 0 {
		return 0
	}
	return r.latencies[min(len(r.latencies)-1, int(q*float64(len(r.latencies))))]
}

// of returns the result of operations on so many messages each, in messages.
func (r Result) of(messages int) Result {
	r.Operations *= messages
	return r
}

// worker does operations until the time is up and returns their latencies.
type worker func(ctx context.Context, until time.Time) ([]time.Duration, error)

// together runs the workers side by side and joins what they measured. The
// first error stops all.
func together(ctx context.Context, duration time.Duration, workers []worker) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		group     sync.WaitGroup
		latencies = make([][]time.Duration, len(workers))
		errs      = make([]error, len(workers))
		start     = time.Now()
		until     = start.Add(duration)
	)
	for i, work := range workers {
		group.Go(func() {
			if latencies[i], errs[i] = work(ctx, until); errs[i] != nil {
				cancel()
			}
		})
	}
	group.Wait()
	result := Result{Elapsed: time.Since(start), latencies: sorted(slices.Concat(latencies...))}
	result.Operations = len(result.latencies)
	if err := errors.Join(errs...); err != nil {
		return result, err
	}
	if result.Operations == 0 {
		return result, errNothing
	}
	return result, nil
}

func sorted(latencies []time.Duration) []time.Duration {
	slices.Sort(latencies)
	return latencies
}

// Repeat makes calls until the time is up, as many at a time as there are
// callers.
func Repeat(ctx context.Context, duration time.Duration, callers int, call func(context.Context) error) (Result, error) {
	workers := make([]worker, callers)
	for i := range workers {
		workers[i] = calls(call)
	}
	return together(ctx, duration, workers)
}

// calls returns a worker that makes one call after the other, at least one.
func calls(call func(context.Context) error) worker {
	return func(ctx context.Context, until time.Time) ([]time.Duration, error) {
		var latencies []time.Duration
		for begin := time.Now(); len(latencies) == 0 || begin.Before(until); {
			if err := call(ctx); err != nil {
				return latencies, err
			}
			end := time.Now()
			latencies = append(latencies, end.Sub(begin))
			begin = end
		}
		return latencies, nil
	}
}

func wrongAnswer(got string) error {
	return fmt.Errorf("%w: %.100q", errAnswer, got)
}
