package subscribe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"connectrpc.com/connect/v2"
	"github.com/alecthomas/kong"

	parley "github.com/parleyhq/parley/clients/go"
	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
	"github.com/parleyhq/parley/cmd/parley/internal/position"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

// Command is `parley subscribe`.
type Command struct {
	connection.OneServer
	From       string   `env:"-" default:"earliest" predictor:"position" help:"Where to begin: earliest, end, a sequence, a time (2026-01-31T12:00:00Z), an age (10m, 7d), last=N or cursor=EPOCH:SEQUENCE. The default is earliest." placeholder:"START"`
	Key        []string `env:"-" sep:"none" help:"Only messages with this key. May be repeated." placeholder:"KEY"`
	StopAtHead bool     `env:"-" help:"End after what is stored when the call arrives."`
	Template   string   `env:"-" help:"Print each message by this Go template, raw, instead of as text." placeholder:"TEMPLATE"`
	CursorFile string   `env:"-" help:"Keep here how far the command is. If the file exists, begin there and not at --from." placeholder:"FILE"`
	Topic      string   `arg:"" predictor:"topic" help:"The topic to read."`
}

// Help is shown by `parley subscribe --help`.
func (Command) Help() string {
	return `Prints what is stored and then what is published, one message a line: sequence,
time, [key] if there is one, content. Content that is not printable is quoted or,
if it is data, shown in base64; --output json has all of it. --template prints what
you choose of Sequence, Time, ID, Key, Attributes, Text, Data and Cursor.

When the connection breaks or the server restarts, reading goes on by itself where
it was: no message is missed or printed twice. Messages that cannot be delivered
any more are reported as a gap. These reports and, at the end, the cursor to go on
from are written to standard error.

With --cursor-file the command can be stopped and run again: it goes on where it was.
The file is written after what was printed, so that what a crash cuts off is printed
again and not lost.

Examples:
  parley subscribe orders
  parley subscribe orders --from end --key customer-4
  parley subscribe orders --from 10m --stop-at-head
  parley subscribe orders --from last=10 --output json | jq .text
  parley subscribe orders --template '{{.Sequence}} {{.Key}} {{.Text}}'
  parley subscribe orders --cursor-file orders.cursor --stop-at-head >> orders.txt
  parley subscribe orders --from cursor=M3X5ZQ2N7B4KTJ6V:42`
}

// AfterApply is called by kong once everything is set.
func (c *Command) AfterApply(ctx *kong.Context) error {
	if c.Template != "" && c.Output != render.Text && connection.Given(ctx, "output") {
		return fmt.Errorf("--template and --output %s both say how a message is printed: give one", c.Output)
	}
	return nil
}

// Run prints messages until it is interrupted, or at the head.
func (c *Command) Run(std console.Streams) error {
	start, err := c.start()
	if err != nil {
		return err
	}
	printer, err := c.printer(std)
	if err != nil {
		return err
	}
	ctx, stop := c.Begin()
	defer stop()
	connected, err := c.Connect()
	if err != nil {
		return err
	}
	defer connected.Close()
	notice := func(text string) { fmt.Fprintln(std.Err, "parley: "+text) }
	s := c.subscriber(connected.Connect(), start, notice)
	err = printer.all(s.Batches(ctx))
	came := ""
	if printer.done != nil {
		came = "to go on from here: " + c.resume(printer.done)
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		err = ctx.Err() // whatever the stream made of it
	case rpcerror.ReasonOf(err) == errorv1.Reason_REASON_POSITION_AHEAD:
		err = outcome.WithHint(err, "Use --from end for what is published from now on.")
	default:
		err = c.Explain(c.Topic, err)
	}
	return outcome.Conclude(std.Err, err, came)
}

// start is where to begin: where an earlier run came to, or where the flag says.
func (c *Command) start() (*messagingv1.Start, error) {
	start, err := position.Parse(c.From, time.Now())
	if err != nil {
		return nil, fmt.Errorf("%w: --from: %w", outcome.ErrUsage, err)
	}
	if c.CursorFile == "" {
		return start, nil
	}
	saved, err := position.Load(c.CursorFile, c.Topic)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: --cursor-file: %w", outcome.ErrUsage, err)
	case saved != nil:
		return saved, nil
	default:
		return start, nil
	}
}

func (c *Command) subscriber(connected *connect.Client, start *messagingv1.Start, notice func(string)) *parley.Subscriber {
	var s *parley.Subscriber
	interrupted := false
	s = parley.NewSubscriber(connected, parley.SubscriberConfig{
		Topic: c.Topic, Start: start, Keys: c.Key, StopAtHead: c.StopAtHead, FailFast: true,
		Observer: parley.SubscriberObserver{
			Interrupted: func(err error, _ time.Duration) {
				if !interrupted {
					notice(fmt.Sprintf("the stream has ended (%s); going on after sequence %d as soon as possible",
						client.Explain(err).Message, s.Cursor().GetSequence()))
				}
				interrupted = true
			},
			Resumed: func() { interrupted = false; notice("connected again") },
		},
	})
	return s
}

// resume returns the command that goes on after a cursor.
func (c *Command) resume(cursor *messagingv1.Cursor) string {
	words := []string{"subscribe", c.Topic, "--from", position.Format(cursor)}
	if c.CursorFile != "" {
		words = []string{"subscribe", c.Topic, "--cursor-file", c.CursorFile}
	}
	for _, key := range c.Key {
		words = append(words, "--key", key)
	}
	return c.CommandLine(words...)
}
