package topics

import (
	"context"
	"fmt"

	"connectrpc.com/connect/v2"
	"github.com/dustin/go-humanize"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

// removal holds the flags and the argument of commands that remove messages.
type removal struct {
	Epoch string `env:"-" help:"Go on only if the topic has this epoch. The default is the one it has now." placeholder:"EPOCH"`
	Yes   bool   `env:"-" short:"y" help:"Do not ask."`
	Name  string `arg:"" predictor:"topic" help:"The topic's name."`
}

// prepare asks whether to go on and returns the epoch to expect: the topic that
// is removed is the one that was there when the question was asked.
func (r removal) prepare(ctx context.Context, std console.Streams, client messagingv1connect.TopicServiceClient, question func(*messagingv1.Topic) string) (string, error) {
	if err := std.MayAsk(r.Yes); err != nil {
		return "", err
	}
	res, err := client.GetTopic(ctx, &messagingv1.GetTopicRequest{Name: r.Name})
	if err != nil {
		return "", err
	}
	if !r.Yes {
		if err := std.Confirm(ctx, question(res.GetTopic())); err != nil {
			return "", err
		}
	}
	if r.Epoch != "" {
		return r.Epoch, nil
	}
	return res.GetTopic().GetEpoch(), nil
}

type deleteCmd struct {
	connection.OneServer
	removal
}

// Help is shown by `parley topic delete --help`.
func (deleteCmd) Help() string {
	return `Asks on a terminal; elsewhere --yes is needed. Readers of the topic end with
not_found. A topic created under the name later starts again at sequence 1.

Examples:
  parley topic delete orders
  parley topic delete orders --yes`
}

// Run deletes the topic.
func (c *deleteCmd) Run(std console.Streams) error {
	return c.Topics(c.Name, func(ctx context.Context, client messagingv1connect.TopicServiceClient) error {
		epoch, err := c.prepare(ctx, std, client, func(t *messagingv1.Topic) string {
			return fmt.Sprintf("Delete topic %s with %s (%s) for good?", t.GetName(),
				render.Count(t.GetStoredMessages(), "message"), humanize.IBytes(t.GetStoredBytes()))
		})
		if err != nil {
			return err
		}
		res, err := client.DeleteTopic(ctx, &messagingv1.DeleteTopicRequest{Name: c.Name, ExpectedEpoch: epoch})
		// It was there a moment ago: a retry finds that the first attempt deleted it.
		if err != nil && connect.CodeOf(err) != connect.CodeNotFound {
			return err
		}
		return c.Output.Print(std.Out, fmt.Sprintf("topic %s is deleted", c.Name), res)
	})
}

type purgeCmd struct {
	connection.OneServer
	removal
	Before uint64 `env:"-" required:"" help:"The first sequence to keep. The topic's last sequence + 1 removes all." placeholder:"SEQUENCE"`
}

// Help is shown by `parley topic purge --help`.
func (purgeCmd) Help() string {
	return `Asks on a terminal; elsewhere --yes is needed. Sequences go on where they were;
readers that had not come so far are told of the gap.

Examples:
  parley topic purge orders --before 1000
  parley topic purge orders --before 1000 --yes`
}

// Run removes the messages.
func (c *purgeCmd) Run(std console.Streams) error {
	return c.Topics(c.Name, func(ctx context.Context, client messagingv1connect.TopicServiceClient) error {
		epoch, err := c.prepare(ctx, std, client, func(t *messagingv1.Topic) string {
			return fmt.Sprintf("Remove the messages of topic %s before sequence %d for good? It holds %d to %d.",
				t.GetName(), c.Before, t.GetFirstSequence(), t.GetLastSequence())
		})
		if err != nil {
			return err
		}
		res, err := client.PurgeTopic(ctx, &messagingv1.PurgeTopicRequest{Name: c.Name, BeforeSequence: c.Before, ExpectedEpoch: epoch})
		if err != nil {
			return err
		}
		return c.Output.Print(std.Out, fmt.Sprintf("topic %s begins at sequence %d and holds %s", c.Name,
			res.GetTopic().GetFirstSequence(), render.Count(res.GetTopic().GetStoredMessages(), "message")), res.GetTopic())
	})
}
