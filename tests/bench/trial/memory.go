package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parleyhq/parley/tests/bench/engine"
	"github.com/parleyhq/parley/tests/bench/feed"
	"github.com/parleyhq/parley/tests/bench/report"
)

const mib = 1 << 20

func memorySection() section {
	return section{
		title: "Memory",
		about: "Resident memory of a Parley server, a new one for each figure.",
		run: func(ctx context.Context, b Bench) ([]report.Group, []report.Figure, error) {
			many := pick[int64](b.Scale, 20, 10_000, 10_000)
			stopped := pick(b.Scale, 10, 1000, 1000)
			figures := []measuredFigure{
				{report.Figure{Name: "idle, after its start", Unit: "MiB", Target: 60}, idleMemory},
				{report.Figure{Name: "most while delivering to 100 subscribers as fast as they receive", Unit: "MiB"}, b.loadMemory},
				{report.Figure{Name: fmt.Sprintf("more with %d subscribers that stopped reading than without", stopped), Unit: "MiB", Target: 64}, stalledMemory(stopped)},
				{report.Figure{Name: fmt.Sprintf("with %d topics of one message each", many), Unit: "MiB"}, topicMemory(many)},
			}
			measured, err := b.figures(ctx, figures)
			return nil, measured, err
		},
	}
}

// measuredFigure is a figure and what measures it on a new server, which it may
// replace.
type measuredFigure struct {
	report.Figure

	measure func(ctx context.Context, server **engine.Process) (float64, error)
}

func (b Bench) figures(ctx context.Context, all []measuredFigure) ([]report.Figure, error) {
	var done []report.Figure
	for _, f := range all {
		b.begin(f.Name)
		for range min(b.Rounds, 3) {
			value, err := b.figure(ctx, f)
			if err != nil {
				return done, fmt.Errorf("%s: %w", f.Name, err)
			}
			f.Values = append(f.Values, value)
			b.tick()
		}
		b.end()
		done = append(done, f.Figure)
	}
	return done, nil
}

func (b Bench) figure(ctx context.Context, f measuredFigure) (value float64, err error) {
	server, err := b.Start(ctx, engine.Parley)
	if err != nil {
		return 0, err
	}
	defer func() {
		if server != nil {
			err = errors.Join(err, server.Stop())
		}
	}()
	return f.measure(ctx, &server)
}

// rest is how long a server has had nothing to do when its memory is looked at.
// Parley collects garbage within ten seconds.
const rest = 15 * time.Second

// resident returns the memory of a server that has come to rest.
func resident(ctx context.Context, server *engine.Process) (float64, error) {
	if err := wait(ctx, rest); err != nil {
		return 0, err
	}
	memory, err := server.Memory()
	return float64(memory) / mib, err
}

func idleMemory(ctx context.Context, server **engine.Process) (float64, error) {
	return resident(ctx, *server)
}

func (b Bench) loadMemory(ctx context.Context, server **engine.Process) (float64, error) {
	load := drive{open: feed.OpenParley, subscribers: 100, every: 64, source: asFastAsReceived(128, 2048), round: b.Round}
	if _, err := load.run(ctx, *server); err != nil {
		return 0, err
	}
	memory, err := (*server).PeakMemory()
	return float64(memory) / mib, err
}

// stalledMemory compares the server after the same number of messages twice:
// with one subscriber that reads everything, and with the others besides.
func stalledMemory(subscribers int) func(context.Context, **engine.Process) (float64, error) {
	// 42 MB: more than any of their buffers together, and enough for the storage
	// engine's own buffers to have grown to their full size the first time.
	const messages = 300_000
	return func(ctx context.Context, server **engine.Process) (more float64, err error) {
		f, err := feed.OpenParley(ctx, (*server).URL, 10)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		if err := f.Subscribe(func([]byte) {}); err != nil {
			return 0, err
		}
		before, err := publishAndRest(ctx, f, *server, messages)
		if err != nil {
			return 0, err
		}
		for range subscribers {
			if err := f.SubscribeStalled(); err != nil {
				return 0, err
			}
		}
		after, err := publishAndRest(ctx, f, *server, messages)
		return after - before, err
	}
}

func publishAndRest(ctx context.Context, f feed.Feed, server *engine.Process, messages int) (float64, error) {
	publisher, err := f.Publisher()
	if err != nil {
		return 0, err
	}
	const batch = 100
	maker := feed.NewMaker(time.Now())
	for range messages / batch {
		if err := publisher.Publish(maker.Batch(batch)); err != nil {
			return 0, err
		}
	}
	if err := publisher.Close(); err != nil {
		return 0, err
	}
	return resident(ctx, server)
}

func topicMemory(count int64) func(context.Context, **engine.Process) (float64, error) {
	return func(ctx context.Context, server **engine.Process) (memory float64, err error) {
		err = withParley(ctx, *server, func(parley *feed.Parley) error { return oneEach(parley, count) })
		if err != nil {
			return 0, err
		}
		return resident(ctx, *server)
	}
}

// oneEach creates topics and publishes one message to each.
func oneEach(parley *feed.Parley, count int64) error {
	all := &topics{count: count}
	if err := all.create(parley); err != nil {
		return err
	}
	payload := feed.NewMaker(time.Now()).Batch(1)
	return each(64, count, func(int64) error { return parley.Publish(all.next(), payload) })
}
