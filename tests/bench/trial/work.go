package trial

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parleyhq/parley/tests/bench/engine"
	"github.com/parleyhq/parley/tests/bench/feed"
	"github.com/parleyhq/parley/tests/bench/report"
)

// topics names so many topics. Each call of next returns another one, in turn.
type topics struct {
	count int64
	turn  atomic.Int64
}

func topicName(number int64) string { return fmt.Sprintf("topic-%06d", number) }

func (t *topics) next() string { return topicName(t.turn.Add(1) % t.count) }

// create creates them all.
func (t *topics) create(parley *feed.Parley) error {
	return each(64, t.count, func(i int64) error { return parley.CreateTopic(topicName(i)) })
}

// each does so many things with so many callers.
func each(callers int, count int64, do func(i int64) error) error {
	var done atomic.Int64
	running := new(errgroup.Group)
	for range callers {
		running.Go(func() error {
			for i := done.Add(1) - 1; i < count; i = done.Add(1) - 1 {
				if err := do(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return running.Wait()
}

// timed is each with a latency for each thing.
func timed(callers int, count int64, do func(i int64) error) (latencies []time.Duration, err error) {
	latencies = make([]time.Duration, count)
	err = each(callers, count, func(i int64) error {
		begin := time.Now()
		err := do(i)
		latencies[i] = time.Since(begin)
		return err
	})
	return latencies, err
}

// fill publishes so many messages over four exchanges, in batches, and returns
// when all are durable. to names the topic of a batch.
func fill(parley *feed.Parley, to func() string, messages int64, batch int) error {
	const streams = 4
	var begun atomic.Int64
	running := new(errgroup.Group)
	for range streams {
		running.Go(func() error {
			exchange, err := parley.Exchange()
			if err != nil {
				return err
			}
			maker := feed.NewMaker(time.Now())
			for begun.Add(int64(batch)) <= messages {
				if err := exchange.PublishTo(to(), maker.Batch(batch)); err != nil {
					return err
				}
			}
			return exchange.Close()
		})
	}
	return running.Wait()
}

// measured does a fixed amount of work on a server and returns what one operation
// took.
func measured(server *engine.Process, operations int64, work func() ([]time.Duration, error)) (report.Sample, error) {
	before, err := server.CPU()
	if err != nil {
		return report.Sample{}, err
	}
	begin := time.Now()
	latencies, err := work()
	elapsed := time.Since(begin)
	if err != nil {
		return report.Sample{}, err
	}
	after, err := server.CPU()
	if err != nil {
		return report.Sample{}, err
	}
	sample := report.Sample{
		PerSecond:     float64(operations) / elapsed.Seconds(),
		CPUPerMillion: (after - before).Seconds() / float64(operations) * 1e6,
	}
	sample.P50, sample.P99 = quantiles(latencies)
	return sample, nil
}

// withParley connects to a server for as long as use runs.
func withParley(ctx context.Context, server *engine.Process, use func(*feed.Parley) error) error {
	parley, err := feed.DialParley(ctx, server.URL, 10)
	if err != nil {
		return err
	}
	err = use(parley)
	return errors.Join(err, parley.Close())
}

// randomPages reads so many pages at random places.
func randomPages(parley *feed.Parley, topic string, pages, stored int64) ([]time.Duration, error) {
	const callers, page = 8, 100
	return timed(callers, pages, func(int64) error {
		return parley.ReadPage(topic, 1+uint64(rand.Int64N(stored-page)), page)
	})
}
