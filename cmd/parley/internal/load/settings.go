package load

import (
	"context"
	"strings"
	"time"

	"connectrpc.com/connect/v2"
)

// MinSize is the smallest message: it holds the time at which it was sent.
const MinSize = 16

// Settings say how a server is driven.
type Settings struct {
	// Client calls the server.
	Client *connect.Client
	// Topic is where messages go to and come from.
	Topic string
	// Size is that of the text of a message, in bytes, at least MinSize.
	Size int
	// Batch is how many messages are published by one request, 1 to 1,000.
	Batch int
	// Concurrency is how many callers, streams or readers there are at once.
	Concurrency int
	// InFlight is how many requests of a stream may be without an answer, 1 to 1,000.
	InFlight int
	// WarmUp is how long a workload runs before anything counts; Duration how long
	// it counts.
	WarmUp, Duration time.Duration
}

func (s Settings) text() string { return strings.Repeat("x", s.Size) }

// Workload is one way to drive a server.
type Workload struct {
	// Name is what it is called, Help a sentence about it, and Latency says of what
	// the latency is measured.
	Name, Help, Latency string
	// Topic: it needs one. Batches: it publishes Settings.Batch messages at once.
	// Duplex: it needs bidirectional streams. Reading: it counts what its readers get,
	// a message once for each.
	Topic, Batches, Duplex, Reading bool

	prepare func(context.Context, Settings) error // before the time begins to run; or nil
	drive   func(*run)
}

// Workloads returns all workloads, in the order in which they are best run: what
// is published first can be replayed.
func Workloads() []Workload {
	return []Workload{
		{
			Name: "unary", Help: "one call after the other, each answered with what it said",
			Latency: "a call", drive: (*run).unary,
		},
		{
			Name: "bidirectional", Help: "streams of messages, each answered with what it said",
			Latency: "a message and its answer", Duplex: true, drive: (*run).bidirectional,
		},
		{
			Name: "publish", Help: "one Publish after the other",
			Latency: "a batch until its receipt", Topic: true, Batches: true, drive: (*run).publish,
		},
		{
			Name: "exchange", Help: "batch after batch on Exchange streams",
			Latency: "a batch until its receipt", Topic: true, Batches: true, Duplex: true, drive: (*run).exchange,
		},
		{
			Name: "subscribe", Help: "one publisher, and readers that wait for what it publishes",
			Latency: "a message until a reader has it", Topic: true, Batches: true, Duplex: true, Reading: true, drive: (*run).subscribe,
		},
		{
			Name: "replay", Help: "readers that read all that is stored, again and again",
			Latency: "a call until its first message", Topic: true, Reading: true, prepare: fill, drive: (*run).replay,
		},
	}
}

// Names returns the names of all workloads, in the same order.
func Names() []string {
	var names []string
	for _, w := range Workloads() {
		names = append(names, w.Name)
	}
	return names
}
