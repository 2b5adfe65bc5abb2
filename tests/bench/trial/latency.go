package trial

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/parleyhq/parley/tests/bench/engine"
	"github.com/parleyhq/parley/tests/bench/feed"
	"github.com/parleyhq/parley/tests/bench/report"
)

func latencySection() section {
	return section{
		title: "Latency",
		about: "From publish to delivery to one subscriber, single messages at a steady rate, whatever comes back. " +
			"Parley syncs each message before it delivers it, and so does JetStream with SyncAlways. " +
			"A round at 100/s goes on for 1,000 messages in a full run, for 300 in a short one. " +
			"A slow reader subscribes and takes nothing after its first buffers are full. " +
			"The peaks are of the same publisher with as many single messages under way as a window allows; half of them are the rates that follow.",
		run: latencies,
	}
}

// contender is a server that latency is measured on.
type contender struct {
	name, engine string
	open         feed.Open
}

var (
	ours     = contender{"parley", engine.Parley, feed.OpenParley}
	synced   = contender{"JetStream, SyncAlways", engine.NATSSynced, feed.OpenJetStream}
	unsynced = contender{"JetStream, not synced", engine.NATS, feed.OpenJetStream}
)

func latencies(ctx context.Context, b Bench) ([]report.Group, []report.Figure, error) {
	goals := []report.Goal{{Metric: report.MedianLatency, Target: 1, Stretch: 0.8}, {Metric: report.TailLatency, Target: 1, Stretch: 0.8}}
	look := []report.Goal{{Metric: report.MedianLatency}, {Metric: report.TailLatency}}
	slow := pick(b.Scale, 10, 100, 100)
	peak, err := b.compare(ctx, "peak, single messages", drive{source: asFastAsReceived(1, 1024), every: 64},
		[]contender{ours, synced, unsynced}, []report.Goal{{Metric: report.Throughput}})
	if err != nil {
		return nil, nil, err
	}
	half := func(sides ...int) float64 {
		least := math.Inf(1)
		for _, i := range sides {
			least = min(least, peak.Sides[i].Median(report.Throughput)/2)
		}
		return math.Round(least)
	}
	groups := []report.Group{peak}
	for _, row := range []struct {
		name    string
		rate    float64
		stalled int
		sides   []contender
		goals   []report.Goal
	}{
		{"100/s", 100, 0, []contender{ours, synced, unsynced}, goals},
		{fmt.Sprintf("100/s beside %d slow readers", slow), 100, slow, []contender{ours, synced, unsynced}, goals},
		{fmt.Sprintf("%.0f/s, half of the peak of SyncAlways", half(0, 1)), half(0, 1), 0, []contender{ours, synced}, goals},
		{fmt.Sprintf("%.0f/s, half of the lower peak of Parley and unsynced JetStream", half(0, 2)), half(0, 2), 0, []contender{ours, unsynced}, look},
		{fmt.Sprintf("the same beside %d slow readers", slow), half(0, 2), slow, []contender{ours, unsynced}, look},
	} {
		group, err := b.compare(ctx, row.name, drive{source: atRate(row.rate), every: 1, stalled: row.stalled, round: b.forMessages(row.rate)}, row.sides, row.goals)
		if err != nil {
			return groups, nil, err
		}
		groups = append(groups, group)
	}
	return groups, nil, nil
}

// forMessages is how long a round takes to have enough messages for a p99 that is not
// its slowest message.
func (b Bench) forMessages(perSecond float64) time.Duration {
	return time.Duration(pick(b.Scale, 0, 300, 1000.0) / perSecond * float64(time.Second))
}

// compare measures one subscriber of each server, in rounds as long as the drive says or
// as all have, whichever is longer. The goals are those against the first of the others.
func (b Bench) compare(ctx context.Context, name string, base drive, with []contender, goals []report.Goal) (report.Group, error) {
	base.subscribers, base.warmUp, base.round = 1, b.Round/4, max(base.round, b.Round)
	var sides []side
	for i, c := range with {
		d := base
		d.open = c.open
		s := side{name: c.name, engine: c.engine, run: d.run}
		if i > 0 {
			s.goals = goals
		}
		if i > 1 { // to be looked at
			s.goals = nil
			for _, goal := range goals {
				s.goals = append(s.goals, report.Goal{Metric: goal.Metric})
			}
		}
		sides = append(sides, s)
	}
	return b.contest(ctx, name, sides)
}
