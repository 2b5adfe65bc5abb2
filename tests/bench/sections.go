package main

import (
	"context"
	"io"

	"github.com/parleyhq/parley/tests/bench/engine"
	"github.com/parleyhq/parley/tests/bench/report"
	"github.com/parleyhq/parley/tests/bench/trial"
)

// sections returns the titles of those that are asked for. Two builds of Parley
// are compared by rows only.
func (s settings) sections() []string {
	var chosen []string
	for _, title := range trial.Titles() {
		if s.against == "" && s.only.MatchString(title) {
			chosen = append(chosen, title)
		}
	}
	return chosen
}

// measureSections runs the trials. Each starts the servers it needs.
func measureSections(ctx context.Context, s settings, progress io.Writer) ([]report.Section, error) {
	dir, err := engine.Disk(s.dataDir, minFree)
	if err != nil {
		return nil, err
	}
	if s.parley, err = engine.ParleyBinary(ctx, s.parley); err != nil { // once, not at every start
		return nil, err
	}
	bench := trial.Bench{
		Start: func(ctx context.Context, name string) (*engine.Process, error) {
			command, err := s.command(ctx, name)
			if err != nil {
				return nil, err
			}
			return engine.Start(ctx, dir, command)
		},
		Round: s.round, Rounds: s.rounds, Scale: s.scale, Only: s.only, Progress: progress,
	}
	return bench.Run(ctx)
}
