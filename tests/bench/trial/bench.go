package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/parleyhq/parley/tests/bench/engine"
	"github.com/parleyhq/parley/tests/bench/report"
)

// Scale is how large the trials are.
type Scale int

// The scales.
const (
	Short Scale = iota // minutes for everything
	Quick              // a moment for each: does it run?
	Full               // the large sizes too
)

// Bench is how the trials are run. Its fields are required.
type Bench struct {
	// Start starts the server of that name, with an empty folder on a disk.
	Start func(ctx context.Context, name string) (*engine.Process, error)
	// Round is the time to measure one server in one round.
	Round  time.Duration
	Rounds int
	Scale  Scale
	// Only chooses sections by their title.
	Only     *regexp.Regexp
	Progress io.Writer
}

// section is a part of the report and what measures it.
type section struct {
	title, about string
	run          func(context.Context, Bench) ([]report.Group, []report.Figure, error)
}

// sections returns all of them in the order of the report.
func sections() []section {
	return []section{fanOutSection(), latencySection(), pollingSection(), growthSection(), memorySection(), startSection()}
}

// Titles returns the titles that Only is matched against.
func Titles() []string {
	var titles []string
	for _, s := range sections() {
		titles = append(titles, s.title)
	}
	return titles
}

// Run measures the chosen sections.
func (b Bench) Run(ctx context.Context) ([]report.Section, error) {
	var measured []report.Section
	for _, s := range sections() {
		if !b.Only.MatchString(s.title) {
			continue
		}
		groups, figures, err := s.run(ctx, b)
		if err != nil {
			return measured, fmt.Errorf("%s: %w", s.title, err)
		}
		measured = append(measured, report.Section{Title: s.title, About: s.about, Groups: groups, Figures: figures})
	}
	return measured, nil
}

// side is one server and what is done to it.
type side struct {
	name   string
	engine string
	server *engine.Process // one that runs already and goes on running; nil: a new one for each round
	goals  []report.Goal
	run    func(ctx context.Context, server *engine.Process) (report.Sample, error)
}

// contest measures the sides in turns.
func (b Bench) contest(ctx context.Context, name string, sides []side) (report.Group, error) {
	group := report.Group{Name: name, Sides: make([]report.Side, len(sides))}
	for i, s := range sides {
		group.Sides[i] = report.Side{Name: s.name, Goals: s.goals}
	}
	b.begin(name)
	for round := range b.Rounds {
		for i := range sides {
			i := (i + round) % len(sides) // nobody is always the first
			sample, err := b.runSide(ctx, sides[i])
			if err != nil {
				return group, fmt.Errorf("%s: %s: %w", name, sides[i].name, err)
			}
			group.Sides[i].Samples = append(group.Sides[i].Samples, sample)
		}
		b.tick()
	}
	b.end()
	return group, nil
}

func (b Bench) runSide(ctx context.Context, s side) (sample report.Sample, err error) {
	if s.server != nil {
		return s.run(ctx, s.server)
	}
	server, err := b.Start(ctx, s.engine)
	if err != nil {
		return sample, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	return s.run(ctx, server)
}

func (b Bench) begin(name string) { fmt.Fprintf(b.Progress, "%s ", name) }
func (b Bench) tick()             { fmt.Fprint(b.Progress, ".") }
func (b Bench) end()              { fmt.Fprintln(b.Progress) }

// pick returns the value for the scale.
func pick[T any](scale Scale, quick, short, full T) T {
	switch scale {
	case Quick:
		return quick
	case Full:
		return full
	default:
		return short
	}
}

// wait returns after a time, or when the context ends.
func wait(ctx context.Context, period time.Duration) error {
	timer := time.NewTimer(period)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
