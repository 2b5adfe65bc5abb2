package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"

	"github.com/parleyhq/parley/cmd/parley/internal/lines"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

type publishCmd struct {
	topicConnection
	File      string            `env:"-" help:"Publish the lines of this file; - is standard input." placeholder:"FILE"`
	Key       string            `env:"-" help:"Key of every message." placeholder:"KEY"`
	Attribute map[string]string `env:"-" mapsep:"none" help:"An attribute of every message, NAME=VALUE. May be repeated." placeholder:"NAME=VALUE"`
	IDPrefix  string            `env:"-" help:"Give each message the id PREFIX/LINE, so that running the command again stores nothing twice." placeholder:"PREFIX" name:"id-prefix"`
	Topic     string            `arg:"" help:"The topic to publish to."`
	Messages  []string          `arg:"" optional:"" name:"message" help:"The texts to publish."`
}

// Help is shown by `parley publish --help`.
func (publishCmd) Help() string {
	return `Publishes its arguments, or each line of --file or of standard input, also an
empty one. A line that is not UTF-8 is published as data. What is ready goes out
at once, up to 1,000 messages in a batch, which is stored all or not at all.

The result says that the messages are on disk, and under which sequences. If the
command fails, run it again with the same --id-prefix: while the topic remembers
ids (10 minutes by default), what was stored before is recognised and left out.

Examples:
  parley publish orders "first order" "second order"
  parley publish orders --key customer-4 --attribute source=shop "third order"
  parley publish orders --file orders.txt --id-prefix orders-2026-01
  tail -f app.log | parley publish logs`
}

// Run publishes the messages and prints the receipt.
func (c *publishCmd) Run(std streams) error {
	source, err := c.source(std)
	if err != nil {
		return err
	}
	defer source.Close()
	ctx, stop := c.context()
	defer stop()
	connected, err := c.connect()
	if err != nil {
		return err
	}
	defer connected.Close()
	reader := lines.NewReader(source)
	defer reader.Close()
	p := publisher{
		command: c, client: messagingv1connect.NewMessageServiceClient(connected.Connect()),
		progress: newProgress(std.err), receipt: &messagingv1.StreamReceipt{},
	}
	runErr := p.run(ctx, c.batches(reader))
	p.progress.end()
	if p.receipt.GetStoredBatches() > 0 {
		if err := c.Output.print(std.out, render.Receipt(c.Topic, p.receipt), p.receipt); err != nil {
			return err
		}
	}
	switch {
	case runErr != nil && p.failed != nil:
		fmt.Fprintln(std.err, "parley: "+p.advice(runErr))
	case runErr == nil && p.receipt.GetStoredBatches() == 0:
		fmt.Fprintln(std.err, "parley: nothing published: no input")
	}
	return c.explain(c.Topic, runErr)
}

// source returns where the lines come from. Arguments need none.
func (c *publishCmd) source(std streams) (io.ReadCloser, error) {
	switch {
	case len(c.Messages) > 0 && c.File != "":
		return nil, fmt.Errorf("%w: give messages or --file, not both", errUsage)
	case len(c.Messages) > 0:
		return io.NopCloser(strings.NewReader("")), nil
	case c.File != "" && c.File != "-":
		file, err := os.Open(c.File)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
		return file, nil
	case c.File == "" && isTerminal(std.in):
		return nil, fmt.Errorf("%w: nothing to publish: give messages, --file FILE, or pipe lines in; --file - reads from the terminal", errUsage)
	default:
		return io.NopCloser(std.in), nil
	}
}

// batches returns what gives the next batch, io.EOF after the last one.
func (c *publishCmd) batches(reader *lines.Reader) func(context.Context) ([]lines.Line, error) {
	rest := make([]lines.Line, len(c.Messages))
	for i, text := range c.Messages {
		rest[i] = lines.Line{Number: i + 1, Text: []byte(text)}
	}
	return func(ctx context.Context) ([]lines.Line, error) {
		if len(rest) > 0 {
			n, size := 0, 0
			for n < min(len(rest), lines.MaxBatch) && (n == 0 || size+len(rest[n].Text) <= lines.MaxBatchBytes) {
				size += len(rest[n].Text)
				n++
			}
			batch := rest[:n]
			rest = rest[n:]
			return batch, nil
		}
		batch, err := reader.Next(ctx.Done())
		if err == nil && batch == nil {
			return nil, ctx.Err()
		}
		return batch, err
	}
}
