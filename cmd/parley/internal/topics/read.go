package topics

import (
	"context"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

type listCmd struct {
	connection.OneServer
}

// Help is shown by `parley topic list --help`.
func (listCmd) Help() string {
	return `Topics are listed by name.

Examples:
  parley topic list
  parley topic list --output json`
}

// Run lists all topics, however many pages they are.
func (c *listCmd) Run(std console.Streams) error {
	return c.Topics("", func(ctx context.Context, client messagingv1connect.TopicServiceClient) error {
		var all []*messagingv1.Topic
		for token, more := "", true; more; more = token != "" {
			page, err := client.ListTopics(ctx, &messagingv1.ListTopicsRequest{PageSize: 1000, PageToken: token})
			if err != nil {
				return err
			}
			token = page.GetNextPageToken()
			all = append(all, page.GetTopics()...)
		}
		if c.Output == render.Text {
			return render.Topics(std.Out, all)
		}
		for _, topic := range all {
			if err := c.Output.Print(std.Out, "", topic); err != nil {
				return err
			}
		}
		return nil
	})
}

type showCmd struct {
	connection.OneServer
	Name string `arg:"" predictor:"topic" help:"The topic's name."`
}

// Help is shown by `parley topic show --help`.
func (showCmd) Help() string {
	return `Examples:
  parley topic show orders
  parley topic show orders --output json`
}

// Run shows one topic.
func (c *showCmd) Run(std console.Streams) error {
	return c.Topics(c.Name, func(ctx context.Context, client messagingv1connect.TopicServiceClient) error {
		res, err := client.GetTopic(ctx, &messagingv1.GetTopicRequest{Name: c.Name})
		if err != nil {
			return err
		}
		if c.Output == render.Text {
			return render.Topic(std.Out, res.GetTopic())
		}
		return c.Output.Print(std.Out, "", res.GetTopic())
	})
}
