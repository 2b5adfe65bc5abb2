package main

import (
	"fmt"

	"github.com/parleyhq/parley/tests/bench/engine"
	"github.com/parleyhq/parley/tests/bench/load"
	"github.com/parleyhq/parley/tests/bench/report"
)

// Everybody has this many messages ahead of their acknowledgements, at most.
const inFlight = 4096

// publishes are the rows of acknowledged messages. Parley's are on disk, synced;
// the names of the others say what theirs are.
func publishes(sizes []int) []workload {
	var rows []workload
	for _, size := range sizes {
		rows = append(rows, oneInFlight(size)...)
		rows = append(rows, unaryCallers(size)...)
		rows = append(rows, streamed(size)...)
		for _, batch := range []int{1, 16, 256} {
			rows = append(rows, exchanged(size, batch)...)
		}
	}
	return rows
}

// rivals returns a row for each rival of one thing that Parley does.
func rivals(name string, ours load.Load, others ...rival) []workload {
	rows := make([]workload, len(others))
	for i, other := range others {
		rows[i] = workload{
			row:    report.Row{Name: name, Metric: report.Throughput, Theirs: other.name, Target: other.target, Stretch: other.stretch},
			ours:   side{engine.Parley, ours},
			theirs: other.side,
		}
	}
	return rows
}

// rival is a server, what is done to it, and what Parley wants to reach. Without
// a target it is there to be looked at.
type rival struct {
	name            string
	side            side
	target, stretch float64
}

func oneInFlight(size int) []workload {
	return rivals(fmt.Sprintf("publish %s, unary, one in flight", bytesOf(size)), load.Publish(size, 1),
		bareEngine(size, 1, 1),
		rival{name: "JetStream, SyncAlways", side: side{engine.NATSSynced, load.JetStream(size, 1)}},
		rival{name: "JetStream, unsynced", side: side{engine.NATS, load.JetStream(size, 1)}},
	)
}

func unaryCallers(size int) []workload {
	const callers = 128
	return rivals(fmt.Sprintf("publish %s, unary, %d callers", bytesOf(size), callers), load.Publish(size, callers),
		rival{name: "Parley's unary echo", side: side{engine.Parley, load.GRPCUnary(text, callers)}, target: 0.85, stretch: 0.95},
		bareEngine(size, callers, 1),
		rival{name: "JetStream, SyncAlways", side: side{engine.NATSSynced, load.JetStream(size, callers)}},
		rival{name: "JetStream, unsynced", side: side{engine.NATS, load.JetStream(size, callers)}},
	)
}

func streamed(size int) []workload {
	const batch = 256
	return rivals(fmt.Sprintf("publish %s, PublishStream, %d a frame", bytesOf(size), batch), load.PublishStream(size, batch),
		bareEngine(size, inFlight/batch, batch),
		rival{name: "JetStream, unsynced, async", side: side{engine.NATS, load.JetStreamAsync(size, inFlight)}, target: 3, stretch: 4},
		rival{name: "JetStream, unsynced, fast batch", side: side{engine.NATS, load.JetStreamFast(size, inFlight/2)}},
		rival{name: "JetStream, SyncAlways, async", side: side{engine.NATSSynced, load.JetStreamAsync(size, inFlight)}, target: 120, stretch: 150},
		rival{name: "JetStream, SyncAlways, atomic batches of 1000", side: side{engine.NATSSynced, load.JetStreamAtomic(size, 1000)}},
	)
}

// exchanged has goals where the frames are large.
func exchanged(size, batch int) []workload {
	async := rival{name: "JetStream, unsynced, async", side: side{engine.NATS, load.JetStreamAsync(size, inFlight)}}
	synced := rival{name: "JetStream, SyncAlways, async", side: side{engine.NATSSynced, load.JetStreamAsync(size, inFlight)}}
	frames := inFlight / batch
	if batch == 256 {
		async.target, async.stretch = 3, 4
		synced.target, synced.stretch = 120, 150
	}
	if batch == 1 {
		frames = 1024 // so many results may wait for the client
	}
	return rivals(fmt.Sprintf("publish %s, Exchange, %d a frame", bytesOf(size), batch), load.Exchange(size, batch, frames),
		bareEngine(size, frames, batch), async, synced)
}

// bareEngine is Parley's storage engine by itself: the limit.
func bareEngine(size, writers, batch int) rival {
	path := fmt.Sprintf("/append?writers=%d&batch=%d&size=%d", writers, batch, size)
	return rival{name: fmt.Sprintf("Pebble alone, synced, %d writers", writers), side: side{engine.Pebble, load.Remote(path)}}
}

// replays are the rows of one subscriber that reads a topic from its beginning.
func replays(messages int) []workload {
	const size = 128
	scan := func(batch int, name string) rival {
		path := fmt.Sprintf("/scan?messages=%d&batch=%d&size=%d", messages, batch, size)
		return rival{name: name, side: side{engine.Pebble, load.Remote(path)}}
	}
	ordered := func(target, stretch float64) rival {
		return rival{
			name: "JetStream, ordered consumer", target: target, stretch: stretch,
			side: side{engine.NATS, load.JetStreamReplay(messages, size)},
		}
	}
	name := fmt.Sprintf("replay of %d messages, %s", messages, bytesOf(size))
	rows := rivals(name+", grpc-go, read in place", load.ReplayInPlace(messages, size), ordered(3, 5))
	rows = append(rows, rivals(name+", grpc-go, generated messages", load.Replay(messages, size), ordered(3, 5),
		scan(1, "Pebble alone, scan, a key for each message"), scan(256, "Pebble alone, scan, a key for 256 messages"))...)
	rows = append(rows, rivals(name+", generated Connect client", load.ReplayConnect(messages, size, false), ordered(3, 5))...)
	return append(rows, rivals(name+", Connect JSON on HTTP/1.1", load.ReplayConnect(messages, size, true), ordered(0, 0))...)
}

func bytesOf(size int) string {
	if size%1024 == 0 {
		return fmt.Sprintf("%d KiB", size/1024)
	}
	return fmt.Sprintf("%d B", size)
}
