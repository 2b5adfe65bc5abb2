package trial

import (
	"context"
	"fmt"

	"github.com/parleyhq/parley/tests/bench/engine"
	"github.com/parleyhq/parley/tests/bench/feed"
	"github.com/parleyhq/parley/tests/bench/report"
)

func fanOutSection() section {
	return section{
		title: "Live fan-out",
		about: "One publisher, and subscribers to what is published from now on, on at most ten connections. " +
			"Parley syncs each message before it delivers it, core NATS stores nothing, JetStream stores and does not sync. " +
			"The publisher goes on while the slowest subscriber is less than a window behind, so latency is that of a full pipe. " +
			"A delivery is one message received by one subscriber. " +
			"Clients are nats.go and grpc-go, all in one process, which shares the machine with the server: their cost counts. So Parley's " +
			"subscribers read messages where they are in a response, as nats.go does in its protocol; the second line is what generated " +
			"Go messages, which are allocated one by one, leave of it. CPU is the server's for each million deliveries.",
		run: fanOuts,
	}
}

func fanOuts(ctx context.Context, b Bench) ([]report.Group, []report.Figure, error) {
	var groups []report.Group
	for _, size := range []struct {
		subscribers   int
		batch, window int64
		goal          report.Goal // against core NATS
	}{
		{1, 256, 8192, report.Goal{Metric: report.Throughput}},
		{10, 256, 8192, report.Goal{Metric: report.Throughput}},
		{100, 128, 2048, report.Goal{Metric: report.Throughput, Target: 2, Stretch: 3}},
		{pick(b.Scale, 200, 1000, 1000), 32, 512, report.Goal{Metric: report.Throughput}},
	} {
		base := drive{subscribers: size.subscribers, every: 64, source: asFastAsReceived(size.batch, size.window), warmUp: b.Round / 4, round: b.Round}
		open := func(open feed.Open) drive { d := base; d.open = open; return d }
		group, err := b.contest(ctx, fmt.Sprintf("1 publisher, %d subscribers", size.subscribers), []side{
			{name: "parley", engine: engine.Parley, run: open(feed.OpenParleyRaw).run},
			{name: "parley, generated messages", engine: engine.Parley, goals: []report.Goal{{Metric: report.Throughput}}, run: open(feed.OpenParley).run},
			{name: "core NATS", engine: engine.NATS, goals: []report.Goal{size.goal, {Metric: report.CPU}}, run: open(feed.OpenNATS).run},
			{
				name: "JetStream ordered consumers", engine: engine.NATS,
				goals: []report.Goal{{Metric: report.Throughput}, {Metric: report.CPU}}, run: open(feed.OpenJetStream).run,
			},
		})
		if err != nil {
			return groups, nil, err
		}
		groups = append(groups, group)
	}
	return groups, nil, nil
}
