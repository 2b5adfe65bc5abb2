package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/parleyhq/parley/tests/bench/engine"
	"github.com/parleyhq/parley/tests/bench/load"
	"github.com/parleyhq/parley/tests/bench/report"
)

// minFree is the disk space that a run may need.
const minFree = 4 << 30

// errNothing is returned when --only matches no row.
var errNothing = errors.New("no row has such a name")

// measure runs every chosen row and section.
func measure(ctx context.Context, s settings, progress io.Writer) (result report.Report, err error) {
	rows, sections := s.workloads(), s.sections()
	if len(rows) == 0 && len(sections) == 0 {
		return result, errNothing
	}
	disk, err := engine.Disk(s.dataDir, minFree)
	if err != nil {
		return result, err
	}
	syncs, err := engine.MeasureSync(disk)
	if err != nil {
		return result, err
	}
	result = report.New(syncs.String(), s.round, s.rounds)
	if len(rows) > 0 {
		if result.Rows, err = measureRows(ctx, s, rows, progress); err != nil {
			return result, err
		}
	}
	if len(sections) > 0 {
		result.Sections, err = measureSections(ctx, s, progress)
	}
	return result, err
}

// measureRows starts the servers and runs the rows.
func measureRows(ctx context.Context, s settings, chosen []workload, progress io.Writer) (all []report.Row, err error) {
	servers, err := startServers(ctx, s, chosen)
	defer func() { err = errors.Join(err, servers.stop()) }()
	if err != nil {
		return nil, err
	}
	for group := range groups(chosen) {
		fmt.Fprintf(progress, "%s ", group[0].row.Name)
		rows, err := runGroup(ctx, s, group, servers, progress)
		fmt.Fprintln(progress)
		if err != nil {
			return all, fmt.Errorf("%s: %w", group[0].row.Name, err)
		}
		all = append(all, rows...)
	}
	return all, nil
}

// runGroup runs the rounds of workloads of one name: Parley, and each of the
// others. In the next round everybody's turn is one place later.
func runGroup(ctx context.Context, s settings, group []workload, servers servers, progress io.Writer) ([]report.Row, error) {
	rows := make([]report.Row, len(group))
	sides := []side{group[0].ours}
	for i, w := range group {
		rows[i] = w.named()
		sides = append(sides, w.theirs)
	}
	samples := make([]report.Sample, len(sides))
	for round := range s.rounds {
		for i := range sides {
			turn := (i + round) % len(sides)
			var err error
			if samples[turn], err = runSide(ctx, s, sides[turn], servers); err != nil {
				return rows, err
			}
		}
		for i := range rows {
			rows[i].Rounds = append(rows[i].Rounds, report.Round{Ours: samples[0], Theirs: samples[i+1]})
		}
		fmt.Fprint(progress, ".")
	}
	return rows, nil
}

// runSide drives one server for one round, after a tenth of a round that does
// not count. What the server still does afterwards for what it took in counts as
// its CPU time, and does not meet the next one.
func runSide(ctx context.Context, s settings, one side, servers servers) (report.Sample, error) {
	server := servers[one.engine]
	if s.settle {
		if _, err := one.load(ctx, server.URL, s.round/10); err != nil {
			return report.Sample{}, fmt.Errorf("warm up %s: %w", one.engine, err)
		}
	}
	before, err := s.cpu(ctx, server)
	if err != nil {
		return report.Sample{}, err
	}
	clientBefore := ownCPU()
	result, err := one.load(ctx, server.URL, s.round)
	if err != nil {
		return report.Sample{}, fmt.Errorf("drive %s: %w", one.engine, err)
	}
	client := ownCPU() - clientBefore
	after, err := s.cpu(ctx, server)
	if err != nil {
		return report.Sample{}, err
	}
	return sample(result, after-before, client), nil
}

// cpu returns the time that a server has used, once it is at rest.
func (s settings) cpu(ctx context.Context, server *engine.Process) (time.Duration, error) {
	if s.settle {
		return server.Settle(ctx)
	}
	return server.CPU()
}

func sample(result load.Result, server, client time.Duration) report.Sample {
	perMillion := func(used time.Duration) float64 { return used.Seconds() / float64(result.Operations) * 1e6 }
	return report.Sample{
		PerSecond:        float64(result.Operations) / result.Elapsed.Seconds(),
		P50:              result.Quantile(0.50),
		P99:              result.Quantile(0.99),
		CPUPerMillion:    perMillion(server),
		ClientPerMillion: perMillion(client),
	}
}

// ownCPU is the user and system time of this program.
func ownCPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0 // the system has no such call
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// servers are the running servers by name.
type servers map[string]*engine.Process

// startServers starts those that the workloads need.
func startServers(ctx context.Context, s settings, chosen []workload) (servers, error) {
	running := make(servers)
	dir, err := engine.Disk(s.dataDir, minFree)
	if err != nil {
		return running, err
	}
	for _, w := range chosen {
		for _, name := range []string{w.ours.engine, w.theirs.engine} {
			if running[name] != nil {
				continue
			}
			command, err := s.command(ctx, name)
			if err != nil {
				return running, err
			}
			server, err := engine.Start(ctx, dir, command)
			if err != nil {
				return running, fmt.Errorf("start %s: %w", name, err)
			}
			running[name] = server
		}
	}
	return running, nil
}

// command is how the engine of that name is run.
func (s settings) command(ctx context.Context, name string) ([]string, error) {
	binary := s.parley
	switch name {
	case engine.OtherParley:
		binary = s.against
		fallthrough
	case engine.Parley:
		binary, err := engine.ParleyBinary(ctx, binary)
		return engine.ParleyCommand(binary), err
	default:
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find this program: %w", err)
		}
		return []string{self, "serve", name}, nil
	}
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
