package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parleyhq/parley/platform/client"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/load"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
	"github.com/parleyhq/parley/cmd/parley/internal/quantity"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

// Command is `parley bench`.
type Command struct {
	connection.OneServer

	Duration    time.Duration  `env:"-" default:"5s" help:"How long to measure each workload."`
	WarmUp      time.Duration  `env:"-" default:"500ms" help:"How long to run each one before."`
	Size        quantity.Bytes `env:"-" default:"128" help:"Size of a message's text, such as 4KiB. The default is 128." placeholder:"SIZE"`
	Batch       int            `env:"-" default:"1" help:"Messages in a published batch, 1 to 1,000."`
	Concurrency int            `env:"-" default:"16" help:"Callers, streams or readers at once, 1 to 1,000."`
	InFlight    int            `env:"-" default:"64" help:"Requests of a stream without an answer, 1 to 1,000."`
	OnTopic     string         `env:"-" name:"topic" predictor:"topic" help:"Publish to this topic, and leave it there. The default is one that is deleted afterwards." placeholder:"TOPIC"`
	Workloads   []string       `arg:"" optional:"" name:"workload" predictor:"workload" help:"unary, bidirectional, publish, exchange, subscribe or replay. The default is all of them."`
}

// Help is shown by `parley bench --help`.
func (Command) Help() string {
	var list strings.Builder
	for _, w := range load.Workloads() {
		fmt.Fprintf(&list, "  %-14s %s\n", w.Name, w.Help)
	}
	return `Measures a running server. All workloads are closed loops: the next message is sent
when an earlier one has been answered. Latencies are those of a loaded server; for
one that is not, use --concurrency 1 --in-flight 1.

Workloads:
` + list.String() + `
The table says of what the latency is measured. On the machine of the server, client
and server share its processors, and the figures are of both together. --output json
prints one object for each workload.

Examples:
  parley bench
  parley bench publish --concurrency 64 --batch 100
  parley bench publish exchange --concurrency 1 --in-flight 1 --duration 30s
  parley bench unary --protocol grpc --output json | jq .messages_per_second`
}

var errFailed = errors.New("the figures are of what succeeded")

// Run measures and prints what came of it.
func (c *Command) Run(std console.Streams) error {
	workloads, err := c.chosen()
	if err != nil {
		return err
	}
	if err := c.check(workloads); err != nil {
		return err
	}
	ctx, stop := c.Begin()
	defer stop()
	connected, err := c.Connect()
	if err != nil {
		return err
	}
	defer connected.Close()
	if left := slices.DeleteFunc(load.Names(), func(name string) bool {
		return slices.ContainsFunc(workloads, func(w load.Workload) bool { return w.Name == name })
	}); len(c.Workloads) == 0 && len(left) > 0 {
		fmt.Fprintf(std.Err, "parley: left out, for they need HTTP/2: %s\n", strings.Join(left, ", "))
	}
	topic, err := c.prepare(ctx, connected.Connect(), slices.ContainsFunc(workloads, func(w load.Workload) bool { return w.Topic }))
	if err != nil {
		return c.Explain(c.OnTopic, err)
	}
	defer c.cleanUp(ctx, std, connected.Connect(), topic)
	results := c.measure(ctx, std, workloads, load.Settings{
		Client: connected.Connect(), Topic: topic, Size: int(c.Size), Batch: c.Batch,
		Concurrency: c.Concurrency, InFlight: c.InFlight, WarmUp: c.WarmUp, Duration: c.Duration,
	})
	if err := c.show(std.Out, results); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return verdict(results)
}

// measure runs one workload after the other, until ctx ends.
func (c *Command) measure(ctx context.Context, std console.Streams, workloads []load.Workload, s load.Settings) []load.Result {
	var results []load.Result
	line := newLiveLine(std.Err)
	for _, w := range workloads {
		if ctx.Err() != nil {
			break
		}
		line.show(w.Name + " …")
		results = append(results, load.Run(ctx, w, s, line.watch()))
	}
	line.clear()
	return results
}

// verdict returns an error if anything failed, and the failure itself if nothing
// succeeded.
func verdict(results []load.Result) error {
	var failures, successes int64
	var first error
	for _, r := range results {
		failures += r.Errors
		successes += r.Messages
		if first == nil {
			first = r.First
		}
	}
	switch {
	case failures == 0:
		return nil
	case successes == 0:
		return first
	default:
		return fmt.Errorf("%s: %w: %s", render.Count(uint64(failures), "error"), errFailed, client.Explain(first))
	}
}

// chosen returns the workloads to run: those named, or all that the connection can
// carry.
func (c *Command) chosen() ([]load.Workload, error) {
	all := load.Workloads()
	if len(c.Workloads) == 0 {
		return slices.DeleteFunc(all, func(w load.Workload) bool { return w.Duplex && c.HTTP == client.HTTP1 }), nil
	}
	var chosen []load.Workload
	for _, name := range c.Workloads {
		i := slices.IndexFunc(all, func(w load.Workload) bool { return w.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("%w: workload %q is unknown: use %s", outcome.ErrUsage, name, strings.Join(load.Names(), ", "))
		}
		if all[i].Duplex {
			if err := c.Duplex(); err != nil {
				return nil, err
			}
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// maxBytes is the largest request that every server reads.
const maxBytes = 3 << 20

// check refuses flags that no server could follow, and those that none of the
// workloads heeds. All of them keep to --in-flight: without a stream there is one.
func (c *Command) check(workloads []load.Workload) error {
	for _, number := range []struct {
		flag  string
		value int
	}{{"batch", c.Batch}, {"concurrency", c.Concurrency}, {"in-flight", c.InFlight}} {
		if number.value < 1 || number.value > 1000 {
			return fmt.Errorf("%w: --%s must be 1 to 1000, not %d", outcome.ErrUsage, number.flag, number.value)
		}
	}
	switch {
	case c.OnTopic != "" && !slices.ContainsFunc(workloads, func(w load.Workload) bool { return w.Topic }):
		return fmt.Errorf("%w: --topic is for workloads that need a topic: %s does without", outcome.ErrUsage, strings.Join(c.Workloads, ", "))
	case c.Batch > 1 && !slices.ContainsFunc(workloads, func(w load.Workload) bool { return w.Batches }):
		return fmt.Errorf("%w: --batch is for workloads that publish: %s does not", outcome.ErrUsage, strings.Join(c.Workloads, ", "))
	case c.Size < load.MinSize || c.Size > maxBytes:
		return fmt.Errorf("%w: --size must be %d bytes to 3MiB", outcome.ErrUsage, load.MinSize)
	case int(c.Size)*c.Batch > maxBytes:
		return fmt.Errorf("%w: a batch of %d messages of %d bytes is larger than a server reads: use a smaller --batch or --size", outcome.ErrUsage, c.Batch, c.Size)
	case c.Duration <= 0 || c.WarmUp < 0:
		return fmt.Errorf("%w: --duration must be more than 0s, and --warm-up not less", outcome.ErrUsage)
	default:
		return nil
	}
}
