package publish

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

const formatJSON = "json"

// Command is `parley publish`.
type Command struct {
	connection.OneServer
	File                 string            `env:"-" help:"Publish the lines of this file; - is standard input." placeholder:"FILE"`
	Format               string            `env:"-" enum:"text,json" default:"text" help:"What a line is: text, or json for a message as in the contract. The default is text." placeholder:"FORMAT"`
	Key                  string            `env:"-" help:"Key of every message that has none." placeholder:"KEY"`
	Attribute            map[string]string `env:"-" mapsep:"none" help:"An attribute of every message, NAME=VALUE. May be repeated." placeholder:"NAME=VALUE"`
	IDPrefix             string            `env:"-" help:"Give each message the id PREFIX/LINE, so that running the command again stores nothing twice. The default is a new random prefix." placeholder:"PREFIX" name:"id-prefix"`
	ExpectedLastSequence *uint64           `env:"-" help:"Store all messages or none: only if this is the topic's last sequence, 0 for a topic that never had a message. At most 1,000 messages." placeholder:"SEQUENCE"`
	Topic                string            `arg:"" predictor:"topic" help:"The topic to publish to."`
	Messages             []string          `arg:"" optional:"" name:"message" help:"The messages to publish."`

	rerun bool // the ids are those of every run with this prefix
}

// Help is shown by `parley publish --help`.
func (Command) Help() string {
	return `Publishes its arguments, or each line of --file or of standard input, also an
empty one. A line that is not UTF-8 is published as data. With --format json each
line is a message: {"id": "a-1", "key": "k", "attributes": {"a": "b"}, "text": "x"},
or "data" in base64 instead of "text"; empty lines are skipped. What is ready goes
out at once.

The result says that the messages are on disk, and under which sequences. When the
connection breaks, the server restarts or is short of disk space, publishing goes on
by itself as soon as it can and stores nothing twice: every message has an id. The
first message that cannot be stored ends the command, which names its line; everything
before it is stored, nothing after it. Then run it again with the same --id-prefix:
while the topic remembers ids (10 minutes by default, at most 1,000,000), what was
stored before is left out. A topic created with --dedup-window 0s remembers none: there
a retry can store a message twice.

With --expected-last-sequence nothing is stored where somebody else has published
meanwhile: read, decide, publish, and begin again if that fails. The messages are
stored at once, at the end of the input.

Examples:
  parley publish orders "first order" "second order"
  parley publish orders --key customer-4 --attribute source=shop "third order"
  parley publish orders --file orders.txt --id-prefix orders-2026-01
  parley publish seats --expected-last-sequence 41 "12A is taken by Ada"
  parley publish orders --format json '{"key": "customer-4", "text": "fourth order"}'
  parley subscribe orders --stop-at-head --output json | jq -c 'del(.sequence, .publishTime)' |
    parley publish copy --format json
  tail -f app.log | parley publish logs`
}

// Run publishes the messages and prints the receipt.
func (c *Command) Run(std console.Streams) error {
	if c.IDPrefix != "" {
		c.rerun = true
	} else {
		c.IDPrefix = rand.Text()
	}
	in, err := c.open(std)
	if err != nil {
		return err
	}
	defer in.close()
	ctx, stop := c.Begin()
	defer stop()
	connected, err := c.Connect()
	if err != nil {
		return err
	}
	defer connected.Close()
	p := publication{command: c, in: in, progress: console.NewProgress(std.Err, in.size)}
	p.notice = func(text string) {
		p.progress.Clear()
		fmt.Fprintln(std.Err, "parley: "+text)
	}
	publish := p.run
	if c.ExpectedLastSequence != nil {
		publish = p.compareAndAppend
	}
	runErr := publish(ctx, connected.Connect())
	p.progress.Clear()
	if p.sum.any() {
		receipt := p.sum.receipt()
		if err := c.Output.Print(std.Out, render.Receipt(c.Topic, receipt), receipt); err != nil {
			return err
		}
	}
	if runErr == nil && !p.sum.any() {
		p.notice("nothing published: no input")
	}
	err = c.Explain(c.Topic, runErr)
	if errors.Is(ctx.Err(), context.Canceled) {
		err = ctx.Err() // whatever the messages made of it
	}
	return outcome.Conclude(std.Err, err, p.advice(runErr))
}
