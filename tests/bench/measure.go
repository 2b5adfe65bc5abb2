package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/parleyhq/parley/tests/bench/engine"
	"github.com/parleyhq/parley/tests/bench/load"
	"github.com/parleyhq/parley/tests/bench/report"
)

// errNothing is returned when --only matches no row.
var errNothing = errors.New("no row has such a name")

// measure starts the servers and runs every row.
func measure(ctx context.Context, s settings, progress io.Writer) (result report.Report, err error) {
	servers, err := startServers(ctx, s)
	defer func() { err = errors.Join(err, servers.stop()) }()
	if err != nil {
		return result, err
	}
	result = report.New(s.round, s.rounds)
	for _, w := range workloads() {
		if !s.only.MatchString(w.row.Name) {
			continue
		}
		if s.against != "" {
			w = w.againstParley()
		}
		fmt.Fprintf(progress, "%s ", w.row.Name)
		row, err := runRow(ctx, s, w, servers, progress)
		fmt.Fprintln(progress)
		if err != nil {
			return result, err
		}
		result.Rows = append(result.Rows, row)
	}
	if len(result.Rows) == 0 {
		return result, errNothing
	}
	return result, nil
}

// againstParley compares two builds of Parley. The targets do not apply: a
// change must not lose anything.
func (w workload) againstParley() workload {
	w.theirs = side{engine.OtherParley, w.ours.load}
	w.row.Target, w.row.Stretch = 1, 1
	return w
}

func runRow(ctx context.Context, s settings, w workload, servers servers, progress io.Writer) (report.Row, error) {
	row := w.row
	row.Ours, row.Theirs = w.ours.engine, w.theirs.engine
	for i := range s.rounds {
		var round report.Round
		first, second := &round.Ours, &round.Theirs
		firstSide, secondSide := w.ours, w.theirs
		if i%2 == 1 { // neither is always the one that comes second
			first, second, firstSide, secondSide = second, first, secondSide, firstSide
		}
		var err error
		if *first, err = runSide(ctx, s, firstSide, servers); err != nil {
			return row, fmt.Errorf("%s: %w", row.Name, err)
		}
		if *second, err = runSide(ctx, s, secondSide, servers); err != nil {
			return row, fmt.Errorf("%s: %w", row.Name, err)
		}
		row.Rounds = append(row.Rounds, round)
		fmt.Fprint(progress, ".")
	}
	return row, nil
}

// runSide drives one server for one round, after a tenth of a round that does
// not count.
func runSide(ctx context.Context, s settings, one side, servers servers) (report.Sample, error) {
	server := servers[one.engine]
	if _, err := one.load(ctx, server.URL, s.round/10); err != nil {
		return report.Sample{}, fmt.Errorf("warm up %s: %w", one.engine, err)
	}
	before, err := server.CPU()
	if err != nil {
		return report.Sample{}, err
	}
	result, err := one.load(ctx, server.URL, s.round)
	if err != nil {
		return report.Sample{}, fmt.Errorf("drive %s: %w", one.engine, err)
	}
	after, err := server.CPU()
	if err != nil {
		return report.Sample{}, err
	}
	return sample(result, after-before), nil
}

func sample(result load.Result, cpu time.Duration) report.Sample {
	perSecond := float64(result.Operations) / result.Elapsed.Seconds()
	return report.Sample{
		PerSecond:     perSecond,
		P50:           result.Quantile(0.50),
		P99:           result.Quantile(0.99),
		CPUPerMillion: cpu.Seconds() / float64(result.Operations) * 1e6,
	}
}

// servers are the running servers by name.
type servers map[string]*engine.Process

func startServers(ctx context.Context, s settings) (servers, error) {
	running := make(servers)
	parley, err := engine.ParleyBinary(ctx, s.parley)
	if err != nil {
		return running, err
	}
	self, err := os.Executable()
	if err != nil {
		return running, fmt.Errorf("find this program: %w", err)
	}
	commands := map[string][]string{
		engine.Parley:  engine.ParleyCommand(parley),
		engine.GRPCGo:  {self, "serve", engine.GRPCGo},
		engine.NetHTTP: {self, "serve", engine.NetHTTP},
	}
	if s.against != "" {
		other, err := engine.ParleyBinary(ctx, s.against)
		if err != nil {
			return running, err
		}
		commands = map[string][]string{
			engine.Parley:      engine.ParleyCommand(parley),
			engine.OtherParley: engine.ParleyCommand(other),
		}
	}
	for name, command := range commands {
		if running[name], err = engine.Start(ctx, command); err != nil {
			delete(running, name)
			return running, fmt.Errorf("start %s: %w", name, err)
		}
	}
	return running, nil
}

func (s servers) stop() error {
	var errs []error
	for name, server := range s {
		if err := server.Stop(); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}
