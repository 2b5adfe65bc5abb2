package exchange

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strings"
	"time"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/rpcerror"

	"github.com/parleyhq/parley/cmd/parley/internal/chat"
	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
	"github.com/parleyhq/parley/cmd/parley/internal/position"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

// Command is `parley exchange`.
type Command struct {
	connection.OneServer

	Name          string `env:"-" help:"Who is talking: the key of each line. The default is your user name." placeholder:"NAME"`
	From          string `env:"-" default:"end" predictor:"position" help:"Where to begin: earliest, end, a sequence, a time (2026-01-31T12:00:00Z), an age (10m, 7d), last=N or cursor=EPOCH:SEQUENCE. The default is end." placeholder:"START"`
	Create        bool   `env:"-" help:"Create the topic if there is none."`
	KeepListening bool   `env:"-" help:"Go on after the last line, until Ctrl-C."`
	Topic         string `arg:"" predictor:"topic" help:"The topic to talk in."`
}

// Help is shown by `parley exchange --help`.
func (Command) Help() string {
	return `A conversation: each line you type is published, and what others publish is printed
as "name: text" (the name is the message's key), all on one stream. Your own lines
are not printed again: "stored: sequence 12" says that one is on disk. Empty lines
are left out.

When the connection breaks or the server restarts, the conversation goes on by
itself after the last message. Lines without a receipt are sent again with their
ids, so nothing is lost or stored twice. When the server is short of disk space,
lines wait until it has room.

Ctrl-D ends the conversation when all receipts have come, Ctrl-C at once. With
--output json every result and delivery of the stream is printed, one a line, your
own messages included.

Examples:
  parley exchange lobby --name ann --create
  parley exchange lobby --name bob --from last=10
  echo "build 17 is done" | parley exchange lobby --name ci
  tail -f app.log | parley exchange logs --output json`
}

// Run talks until the input ends or it is interrupted.
func (c *Command) Run(std console.Streams) error {
	start, err := position.Parse(c.From, time.Now())
	if err != nil {
		return fmt.Errorf("%w: --from: %w", outcome.ErrUsage, err)
	}
	if err := c.Duplex(); err != nil {
		return err
	}
	ctx, stop := c.Begin()
	defer stop()
	connected, err := c.Connect()
	if err != nil {
		return err
	}
	defer connected.Close()
	if c.Create {
		if err := c.create(ctx, messagingv1connect.NewTopicServiceClient(connected.Connect())); err != nil {
			return c.Explain(c.Topic, err)
		}
	}
	ctx, interrupt := context.WithCancel(ctx)
	defer interrupt()
	in, err := newTypist(std, c.name()+"> ", interrupt)
	if err != nil {
		return err
	}
	defer in.Close()
	session := chat.New(chat.Config{
		Client: messagingv1connect.NewMessageServiceClient(connected.Connect()),
		Topic:  c.Topic, Start: start, Name: c.name(),
		Lines: in.lines, KeepListening: c.KeepListening,
		Listener: &chatPrinter{topic: c.Topic, output: c.Output, out: in.out, err: in.err},
	})
	err = session.Run(ctx)
	in.Close() // what follows is for a terminal as it was
	unsent, problem := in.rest()
	err = errors.Join(err, problem)
	return outcome.Conclude(std.Err, c.verdict(ctx, session, err), strings.Join(c.left(session, unsent), "\nparley: "))
}

// left says what is left open, and how to go on.
func (c *Command) left(session *chat.Session, unsent int) []string {
	var said []string
	if unsent > 0 {
		said = append(said, render.Count(uint64(unsent), "line")+" not sent")
	}
	switch lines, open := session.Unconfirmed(); {
	case lines > 0 && open:
		said = append(said, render.Count(uint64(lines), "line")+" without a receipt: perhaps stored")
	case lines > 0:
		said = append(said, render.Count(uint64(lines), "line")+" not stored")
	}
	if cursor := session.Cursor(); cursor != nil {
		said = append(said, "to go on from here: "+c.CommandLine("exchange", c.Topic, "--name", c.name(), "--from", position.Format(cursor)))
	}
	return said
}

// verdict returns why the conversation ended, nil if it went well.
func (c *Command) verdict(ctx context.Context, session *chat.Session, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err() // whatever the stream made of it
	case err == nil && session.Refused() > 0:
		return fmt.Errorf("%s not stored", render.Count(uint64(session.Refused()), "line"))
	case rpcerror.ReasonOf(err) == errorv1.Reason_REASON_POSITION_AHEAD:
		return outcome.WithHint(err, "Use --from end for what is published from now on.")
	default:
		return c.Explain(c.Topic, err)
	}
}

// create makes sure that there is a topic. One that is defined in another way will
// do as well.
func (c *Command) create(ctx context.Context, topics messagingv1connect.TopicServiceClient) error {
	_, err := topics.CreateTopic(ctx, &messagingv1.CreateTopicRequest{Topic: &messagingv1.Topic{Name: c.Topic}})
	if rpcerror.ReasonOf(err) == errorv1.Reason_REASON_TOPIC_ALREADY_EXISTS {
		return nil
	}
	return err
}

// name returns who is talking; "" is nobody in particular.
func (c *Command) name() string {
	if c.Name != "" {
		return c.Name
	}
	if me, err := user.Current(); err == nil {
		return me.Username
	}
	return ""
}
