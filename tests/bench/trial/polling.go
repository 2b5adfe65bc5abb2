package trial

import (
	"context"
	"fmt"
	"time"

	"github.com/parleyhq/parley/tests/bench/engine"
	"github.com/parleyhq/parley/tests/bench/feed"
	"github.com/parleyhq/parley/tests/bench/report"
)

func pollingSection() section {
	return section{
		title: "Polling",
		about: "The same feed by Subscribe, and by polling a plain net/http and encoding/json server that keeps messages " +
			"in a slice behind a mutex: 100 clients, each on a connection of its own for HTTP/1.1 and on ten for gRPC, " +
			"one publisher at a steady rate. Parley syncs each message before it delivers it, the polled server stores nothing. " +
			"Latency is from publish to delivery, CPU the server's for each million deliveries.",
		run: polls,
	}
}

func polls(ctx context.Context, b Bench) ([]report.Group, []report.Figure, error) {
	const clients = 100
	var groups []report.Group
	for _, rate := range []float64{100, 10} {
		base := drive{
			subscribers: clients, every: 1, source: atRate(rate),
			warmUp: pick(b.Scale, 300*time.Millisecond, 1200*time.Millisecond, 1200*time.Millisecond), round: b.Round,
		}
		open := func(open feed.Open) drive { d := base; d.open = open; return d }
		ratios := []report.Goal{{Metric: report.CPU}, {Metric: report.MedianLatency}}
		group, err := b.contest(ctx, fmt.Sprintf("%.0f messages/s to %d clients", rate, clients), []side{
			{name: "parley", engine: engine.Parley, run: open(feed.OpenParley).run},
			{name: "polled every 100 ms", engine: engine.JSONFeed, goals: ratios, run: open(feed.OpenPolling(100 * time.Millisecond)).run},
			{name: "polled every second", engine: engine.JSONFeed, goals: ratios, run: open(feed.OpenPolling(time.Second)).run},
		})
		if err != nil {
			return nil, nil, err
		}
		groups = append(groups, group)
	}
	return groups, nil, nil
}
