package budget_test

import (
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// cost is what the server spent on each message. A figure of 0 in a budget means
// that it is not guarded.
type cost struct {
	allocations float64
	allocated   float64 // bytes
	reads       float64 // system calls
	writes      float64 // system calls, those to the log included
	syncs       float64 // durable writes of the log
}

// meter reads the counters of a running server.
func meter(t *testing.T, server *harness.Server) cost {
	t.Helper()
	reads, writes := server.Calls(t)
	return cost{
		allocations: server.Metric(t, "go_memstats_mallocs_total"),
		allocated:   server.Metric(t, "go_memstats_alloc_bytes_total"),
		syncs:       server.Metric(t, "parley_messaging_commit_seconds_count"),
		reads:       reads,
		writes:      writes,
	}
}

// spent returns what the work cost for each of so many messages. Reading the
// counters costs the server something too, which is taken off.
func spent(t *testing.T, server *harness.Server, messages int, work func()) cost {
	t.Helper()
	idle := meter(t, server)
	before := meter(t, server)
	work()
	after := meter(t, server)
	per := func(idle, before, after float64) float64 {
		return ((after - before) - (before - idle)) / float64(messages)
	}
	return cost{
		allocations: per(idle.allocations, before.allocations, after.allocations),
		allocated:   per(idle.allocated, before.allocated, after.allocated),
		reads:       per(idle.reads, before.reads, after.reads),
		writes:      per(idle.writes, before.writes, after.writes),
		syncs:       per(idle.syncs, before.syncs, after.syncs),
	}
}

// within fails the test for each figure above the budget.
func (c cost) within(t *testing.T, budget cost) {
	t.Helper()
	for _, figure := range []struct {
		name            string
		measured, limit float64
	}{
		{"allocations", c.allocations, budget.allocations},
		{"bytes allocated", c.allocated, budget.allocated},
		{"system calls that read", c.reads, budget.reads},
		{"system calls that write", c.writes, budget.writes},
		{"durable writes", c.syncs, budget.syncs},
	} {
		t.Logf("%-24s %9.3f per message, budget %.3f", figure.name, figure.measured, figure.limit)
		if figure.limit > 0 && figure.measured > figure.limit {
			t.Errorf("%s: %.3f per message, the budget is %.3f", figure.name, figure.measured, figure.limit)
		}
	}
}
