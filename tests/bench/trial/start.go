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

func startSection() section {
	return section{
		title: "Start",
		about: "From the start of the process to its line that says it serves. The server is killed (SIGKILL) as soon as the last " +
			"publish is acknowledged, and started again on the same folder.",
		run: func(ctx context.Context, b Bench) ([]report.Group, []report.Figure, error) {
			stored := pick[int64](b.Scale, 4000, 1_000_000, 1_000_000)
			many := pick[int64](b.Scale, 20, 10_000, 10_000)
			figures := []measuredFigure{
				{report.Figure{Name: "empty folder", Unit: "ms", Target: 100}, func(_ context.Context, server **engine.Process) (float64, error) {
					return millis((*server).Started), nil
				}},
				{report.Figure{Name: fmt.Sprintf("killed with %d messages in 1 topic", stored), Unit: "ms", Target: 500}, restart(func(p *feed.Parley) error {
					return errors.Join(p.CreateTopic(topicName(0)), fill(p, func() string { return topicName(0) }, stored, 100))
				})},
				{report.Figure{Name: fmt.Sprintf("killed with %d topics of one message each", many), Unit: "ms"}, restart(func(p *feed.Parley) error {
					return oneEach(p, many)
				})},
			}
			if b.Scale == Full {
				figures = append(figures, measuredFigure{report.Figure{Name: "killed with 10000000 messages in 1 topic", Unit: "ms"}, restart(func(p *feed.Parley) error {
					return errors.Join(p.CreateTopic(topicName(0)), fill(p, func() string { return topicName(0) }, 10_000_000, 100))
				})})
			}
			measured, err := b.figures(ctx, figures)
			return nil, measured, err
		},
	}
}

func millis(d time.Duration) float64 { return d.Seconds() * 1000 }

// restart measures how long a server takes to start after it was filled and
// killed.
func restart(filled func(*feed.Parley) error) func(context.Context, **engine.Process) (float64, error) {
	return func(ctx context.Context, server **engine.Process) (float64, error) {
		if err := withParley(ctx, *server, filled); err != nil {
			return 0, err
		}
		next, err := (*server).Restart(ctx)
		*server = next // nil on an error: it is gone
		if err != nil {
			return 0, err
		}
		return millis(next.Started), nil
	}
}
