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

func growthSection() section {
	return section{
		title: "Growth",
		about: "What a message costs with many topics against few, and with many messages stored against few. " +
			"The topics are published to in turn; each round is a fixed number of messages. Ratios are that of a size to the first.",
		run: growth,
	}
}

func growth(ctx context.Context, b Bench) ([]report.Group, []report.Figure, error) {
	byTopics, err := b.topicGrowth(ctx)
	if err != nil {
		return byTopics, nil, err
	}
	byMessages, err := b.messageGrowth(ctx)
	return append(byTopics, byMessages...), nil, err
}

// standing is a server that runs while its size is measured round after round.
type standing struct {
	server *engine.Process
	parley *feed.Parley
}

func (b Bench) stand(ctx context.Context) (standing, error) {
	server, err := b.Start(ctx, engine.Parley)
	if err != nil {
		return standing{}, err
	}
	parley, err := feed.DialParley(ctx, server.URL, 1)
	if err != nil {
		return standing{}, errors.Join(err, server.Stop())
	}
	return standing{server, parley}, nil
}

func (s standing) stop() error { return errors.Join(s.parley.Close(), s.server.Stop()) }

// growthGoals are those of every size but the first.
func growthGoals(index int) []report.Goal {
	if index == 0 {
		return nil
	}
	return []report.Goal{{Metric: report.CPU, Target: 1.2, Stretch: 1}, {Metric: report.Throughput}}
}

func (b Bench) topicGrowth(ctx context.Context) (groups []report.Group, err error) {
	calls := pick[int64](b.Scale, 200, 10_000, 20_000)
	messages := pick[int64](b.Scale, 4000, 200_000, 400_000)
	var one, hundred []side
	for i, count := range pick(b.Scale, []int64{10, 100}, []int64{10, 1000, 10_000}, []int64{10, 1000, 10_000, 100_000}) {
		s, err := b.stand(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.stop()) }()
		all := &topics{count: count}
		if err := all.create(s.parley); err != nil {
			return nil, err
		}
		size := side{name: fmt.Sprintf("%d topics", count), server: s.server, goals: growthGoals(i)}
		size.run = func(_ context.Context, server *engine.Process) (report.Sample, error) {
			maker := feed.NewMaker(time.Now())
			payload := maker.Batch(1)
			return measured(server, calls, func() ([]time.Duration, error) {
				return timed(64, calls, func(int64) error { return s.parley.Publish(all.next(), payload) })
			})
		}
		one = append(one, size)
		size.run = func(_ context.Context, server *engine.Process) (report.Sample, error) {
			return measured(server, messages, func() ([]time.Duration, error) {
				return nil, fill(s.parley, all.next, messages, 100)
			})
		}
		hundred = append(hundred, size)
	}
	return b.growthGroups(ctx, []string{
		"unary publish of one message, 64 callers, topics in turn",
		"publish of 100 messages, 4 exchanges, topics in turn",
	}, one, hundred)
}

func (b Bench) messageGrowth(ctx context.Context) (groups []report.Group, err error) {
	messages := pick[int64](b.Scale, 4000, 100_000, 200_000)
	pages := pick[int64](b.Scale, 100, 4000, 8000)
	sizes := pick(b.Scale, []int64{1000, 4000}, []int64{10_000, 1_000_000}, []int64{10_000, 1_000_000, 10_000_000})
	one := func() string { return topicName(0) }
	var publishing, reading []side
	for i, stored := range sizes {
		s, err := b.stand(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.stop()) }()
		if err := errors.Join(s.parley.CreateTopic(one()), fill(s.parley, one, stored, 100)); err != nil {
			return nil, err
		}
		size := side{name: fmt.Sprintf("%d messages stored", stored), server: s.server, goals: growthGoals(i)}
		size.run = func(_ context.Context, server *engine.Process) (report.Sample, error) {
			return measured(server, pages, func() ([]time.Duration, error) { return randomPages(s.parley, one(), pages, stored) })
		}
		reading = append(reading, size)
		size.run = func(_ context.Context, server *engine.Process) (report.Sample, error) {
			return measured(server, messages, func() ([]time.Duration, error) { return nil, fill(s.parley, one, messages, 100) })
		}
		if i == 0 { // a new server for each round, so that it stays small
			size.server, size.engine = nil, engine.Parley
			size.run = freshPublishing(stored, messages)
		}
		publishing = append(publishing, size)
	}
	return b.growthGroups(ctx, []string{
		"ReadMessages of 100 messages at random places, 8 callers",
		"publish of 100 messages, 4 exchanges, 1 topic",
	}, reading, publishing)
}

// freshPublishing stores messages in a new server, and measures storing more.
func freshPublishing(stored, messages int64) func(context.Context, *engine.Process) (report.Sample, error) {
	one := func() string { return topicName(0) }
	return func(ctx context.Context, server *engine.Process) (sample report.Sample, err error) {
		err = withParley(ctx, server, func(parley *feed.Parley) error {
			if err := errors.Join(parley.CreateTopic(one()), fill(parley, one, stored, 100)); err != nil {
				return err
			}
			sample, err = measured(server, messages, func() ([]time.Duration, error) {
				return nil, fill(parley, one, messages, 100)
			})
			return err
		})
		return sample, err
	}
}

func (b Bench) growthGroups(ctx context.Context, names []string, sizes ...[]side) ([]report.Group, error) {
	var groups []report.Group
	for i, sides := range sizes {
		group, err := b.contest(ctx, names[i], sides)
		if err != nil {
			return groups, err
		}
		group.Growth = true
		groups = append(groups, group)
	}
	return groups, nil
}
