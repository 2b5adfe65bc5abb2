package main

import (
	"iter"
	"slices"

	"github.com/parleyhq/parley/tests/bench/engine"
	"github.com/parleyhq/parley/tests/bench/load"
	"github.com/parleyhq/parley/tests/bench/report"
)

// text is 64 bytes, the size of a small command or event.
const text = "a message of sixty-four bytes, as the published figures use it.."

// callers is how many there are on one connection, unless a row says otherwise.
const callers = 64

// workload is one row: what is done to Parley, and to whom it is compared.
// Neighbours of one name are measured together: Parley once in each round, for
// all of them.
type workload struct {
	row          report.Row // without samples; Ours and Theirs default to the engines
	ours, theirs side
}

// side is a server and what is done to it.
type side struct {
	engine string
	load   load.Load
}

// named returns the row with the names of its sides.
func (w workload) named() report.Row {
	row := w.row
	if row.Ours == "" {
		row.Ours = w.ours.engine
	}
	if row.Theirs == "" {
		row.Theirs = w.theirs.engine
	}
	return row
}

// againstParley compares two builds of Parley. The targets do not apply: a
// change must not lose anything.
func (w workload) againstParley() workload {
	w.theirs = side{engine.OtherParley, w.ours.load}
	w.row.Theirs = ""
	w.row.Target, w.row.Stretch = 1, 1
	return w
}

// workloads returns those that are asked for.
func (s settings) workloads() []workload {
	var chosen []workload
	for group := range groups(workloads(s.sizes)) {
		if !s.only.MatchString(group[0].row.Name) {
			continue
		}
		if s.against != "" {
			group = []workload{group[0].againstParley()}
		}
		chosen = append(chosen, group...)
	}
	return chosen
}

// groups yields the runs of workloads that have the same name.
func groups(all []workload) iter.Seq[[]workload] {
	return func(yield func([]workload) bool) {
		for len(all) > 0 {
			end := 1
			for end < len(all) && all[end].row.Name == all[0].row.Name {
				end++
			}
			if !yield(all[:end]) {
				return
			}
			all = all[end:]
		}
	}
}

// sizes are those of the durable rows.
type sizes struct {
	messages []int // bytes in a message
	replay   int   // messages
}

// workloads returns all rows in the order of the report.
func workloads(of sizes) []workload {
	return slices.Concat(
		in("Echo", echoes()),
		in("Durable publish", publishes(of.messages)),
		in("Replay", replays(of.replay)),
	)
}

// in puts rows into a part of the report.
func in(part string, rows []workload) []workload {
	for i := range rows {
		rows[i].row.Part = part
	}
	return rows
}

// echoes are the rows that store nothing.
func echoes() []workload {
	const window = 256
	grpcUnary := load.GRPCUnary(text, callers)
	pipelined := load.GRPCStreams(text, 1, window)
	parallel := load.GRPCStreams(text, callers, 16)
	pingPong := load.GRPCStreams(text, 1, 1)
	return []workload{
		{
			row:    report.Row{Name: "unary echo, gRPC, 64 callers", Metric: report.Throughput, Target: 0.50, Stretch: 0.65},
			ours:   side{engine.Parley, grpcUnary},
			theirs: side{engine.GRPCGo, grpcUnary},
		},
		{
			row:    report.Row{Name: "unary echo, Connect JSON on HTTP/1.1, 64 callers", Metric: report.Throughput, Target: 0.9, Stretch: 1.1},
			ours:   side{engine.Parley, load.JSONUnary(text, callers)},
			theirs: side{engine.NetHTTP, load.JSONUnary(text, callers)},
		},
		{
			row:    report.Row{Name: "bidirectional echo, 1 stream, 256 in flight", Metric: report.Throughput, Target: 0.80, Stretch: 1.0},
			ours:   side{engine.Parley, pipelined},
			theirs: side{engine.GRPCGo, pipelined},
		},
		{
			row:    report.Row{Name: "bidirectional echo, 64 streams, 16 in flight each", Metric: report.Throughput, Target: 0.80, Stretch: 1.0},
			ours:   side{engine.Parley, parallel},
			theirs: side{engine.GRPCGo, parallel},
		},
		{
			row:    report.Row{Name: "bidirectional ping-pong, 1 stream", Metric: report.MedianLatency, Target: 1.3, Stretch: 1.1},
			ours:   side{engine.Parley, pingPong},
			theirs: side{engine.GRPCGo, pingPong},
		},
	}
}
