package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parleyhq/parley/tests/bench/engine"
	"github.com/parleyhq/parley/tests/bench/feed"
	"github.com/parleyhq/parley/tests/bench/report"
)

const (
	// stallLimit is how long an audience may receive nothing.
	stallLimit = 10 * time.Second
	// shortest is the least time to measure: deliveries come in bursts.
	shortest = 500 * time.Millisecond
)

var (
	errStalled = errors.New("messages do not arrive any more")
	errWrong   = errors.New("messages arrive other than they were sent")
)

// source publishes until its context ends.
type source func(ctx context.Context, publisher feed.Publisher, to *audience) error

// drive is one measurement of a feed.
type drive struct {
	open        feed.Open
	subscribers int
	stalled     int
	every       int64 // one in so many deliveries has its latency noted
	source      source
	warmUp      time.Duration
	round       time.Duration
}

// run connects everybody, publishes for the warm-up and then for the round, and
// returns what was delivered in the round. CPU is that of the server, for each
// delivery.
func (d drive) run(ctx context.Context, server *engine.Process) (sample report.Sample, err error) {
	f, err := d.open(ctx, server.URL, min(d.subscribers+d.stalled, 10))
	if err != nil {
		return sample, err
	}
	to := newAudience(d.every)
	err = d.connect(f, to)
	if err == nil {
		sample, err = d.measure(f, server, to)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return sample, err
	}
	if to.wrong.Load() {
		return sample, errWrong
	}
	sample.P50, sample.P99 = to.quantiles()
	return sample, nil
}

func (d drive) connect(f feed.Feed, to *audience) error {
	for range d.stalled {
		if err := f.SubscribeStalled(); err != nil {
			return err
		}
	}
	for range d.subscribers {
		if err := to.join(f); err != nil {
			return err
		}
	}
	return nil
}

func (d drive) measure(f feed.Feed, server *engine.Process, to *audience) (sample report.Sample, err error) {
	publisher, err := f.Publisher()
	if err != nil {
		return sample, err
	}
	if d.stalled > 0 {
		if err := backlog(f.Context(), publisher, to); err != nil {
			return sample, err
		}
	}
	ctx, stop := context.WithCancel(f.Context())
	publishing, ctx := errgroup.WithContext(ctx)
	publishing.Go(func() error { return d.source(ctx, publisher, to) })
	if err = wait(ctx, d.warmUp); err == nil {
		err = to.await(ctx, 1)
	}
	if err == nil {
		to.measuring.Store(true)
		sample, err = d.sample(ctx, server, to)
		to.measuring.Store(false)
	}
	stop()
	if ended := publishing.Wait(); ended != nil && !errors.Is(ended, context.Canceled) {
		err = errors.Join(err, fmt.Errorf("publish: %w", ended))
	}
	if err != nil {
		return sample, err
	}
	return sample, publisher.Close()
}

func (d drive) sample(ctx context.Context, server *engine.Process, to *audience) (report.Sample, error) {
	cpuBefore, err := server.CPU()
	if err != nil {
		return report.Sample{}, err
	}
	before, begin := to.total(), time.Now()
	if err := wait(ctx, max(d.round, shortest)); err != nil {
		return report.Sample{}, err
	}
	for to.total() == before && time.Since(begin) < stallLimit {
		if err := wait(ctx, time.Millisecond); err != nil {
			return report.Sample{}, err
		}
	}
	deliveries, elapsed := float64(to.total()-before), time.Since(begin)
	cpuAfter, err := server.CPU()
	if err != nil {
		return report.Sample{}, err
	}
	if deliveries == 0 {
		return report.Sample{}, errStalled
	}
	return report.Sample{
		PerSecond:     deliveries / elapsed.Seconds(),
		CPUPerMillion: (cpuAfter - cpuBefore).Seconds() / deliveries * 1e6,
	}, nil
}
