package main

import (
	"github.com/parleyhq/parley/tests/bench/engine"
	"github.com/parleyhq/parley/tests/bench/load"
	"github.com/parleyhq/parley/tests/bench/report"
)

// text is 64 bytes, the size of a small command or event.
const text = "a message of sixty-four bytes, as the published figures use it.."

// workload is one row: what is done to Parley, and to whom it is compared.
type workload struct {
	row          report.Row // without samples
	ours, theirs side
}

// side is a server and what is done to it.
type side struct {
	engine string
	load   load.Load
}

// workloads returns all rows in the order of the report.
func workloads() []workload {
	const callers, window = 64, 256
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
