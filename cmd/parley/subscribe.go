package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"time"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/client"

	"github.com/parleyhq/parley/cmd/parley/internal/position"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

type subscribeCmd struct {
	topicConnection
	From       string   `env:"-" default:"earliest" help:"Where to begin: earliest, end, a sequence, a time (2026-01-31T12:00:00Z), an age (10m), last=N or cursor=EPOCH:SEQUENCE." placeholder:"START"`
	Key        []string `env:"-" sep:"none" help:"Only messages with this key. May be repeated." placeholder:"KEY"`
	StopAtHead bool     `env:"-" help:"End after what is stored when the call arrives."`
	Topic      string   `arg:"" help:"The topic to read."`
}

// Help is shown by `parley subscribe --help`.
func (subscribeCmd) Help() string {
	return `Prints what is stored and then what is published, one message a line: sequence,
time, [key] if there is one, content. Content that is not printable is quoted or,
if it is data, shown in base64; --output json has all of it.

When the connection breaks or the server restarts, reading goes on by itself where
it was: no message is missed or printed twice. Messages that cannot be delivered
any more are reported as a gap. These reports and, at the end, the cursor to go on
from are written to standard error.

Examples:
  parley subscribe orders
  parley subscribe orders --from end --key customer-4
  parley subscribe orders --from 10m --stop-at-head
  parley subscribe orders --from last=10 --output json | jq .text
  parley subscribe orders --from cursor=M3X5ZQ2N7B4KTJ6V:42`
}

// Run prints messages until it is interrupted, or at the head.
func (c *subscribeCmd) Run(std streams) error {
	start, err := position.Parse(c.From, time.Now())
	if err != nil {
		return fmt.Errorf("%w: --from: %w", errUsage, err)
	}
	ctx, stop := c.context()
	defer stop()
	connected, err := c.connect()
	if err != nil {
		return err
	}
	defer connected.Close()
	s := subscription{
		client:  messagingv1connect.NewMessageServiceClient(connected.Connect()),
		request: &messagingv1.SubscribeRequest{Topic: c.Topic, Start: start, Keys: c.Key, StopAtHead: c.StopAtHead},
		deliver: func(res *messagingv1.SubscribeResponse) error { return c.print(std, res) },
		notice:  func(text string) { fmt.Fprintln(std.err, "parley: "+text) },
	}
	err = s.follow(ctx)
	if s.cursor != nil {
		s.notice("to go on from here: " + c.resume(s.cursor))
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err() // whatever the stream made of it
	}
	if client.Explain(err).Reason == reasonName(errorv1.Reason_REASON_POSITION_AHEAD) {
		return withHint(err, "Use --from end for what is published from now on.")
	}
	return c.explain(c.Topic, err)
}

// resume returns the command that goes on after a cursor.
func (c *subscribeCmd) resume(cursor *messagingv1.Cursor) string {
	words := []string{"subscribe", c.Topic, "--from", position.Format(cursor)}
	for _, key := range c.Key {
		words = append(words, "--key", key)
	}
	return c.commandLine(words...)
}

// print writes what one response delivers, all of it or up to the first error.
func (c *subscribeCmd) print(std streams, res *messagingv1.SubscribeResponse) error {
	if res.GetGap() != nil {
		fmt.Fprintln(std.err, "parley: "+render.Gap(res.GetGap()))
	}
	out := bufio.NewWriter(std.out)
	for _, message := range res.GetMessages() {
		text := ""
		if c.Output == outputText {
			text = render.Message(message)
		}
		if err := c.Output.print(out, text, message); err != nil {
			return err
		}
	}
	return out.Flush()
}
