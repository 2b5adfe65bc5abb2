package main

import (
	"context"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"

	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

type topicListCmd struct {
	topicConnection
}

// Help is shown by `parley topic list --help`.
func (topicListCmd) Help() string {
	return `Topics are listed by name.

Examples:
  parley topic list
  parley topic list --output json`
}

// Run lists all topics, however many pages they are.
func (c *topicListCmd) Run(std streams) error {
	return c.topics("", func(ctx context.Context, client messagingv1connect.TopicServiceClient) error {
		var all []*messagingv1.Topic
		for token, more := "", true; more; more = token != "" {
			page, err := client.ListTopics(ctx, &messagingv1.ListTopicsRequest{PageSize: 1000, PageToken: token})
			if err != nil {
				return err
			}
			token = page.GetNextPageToken()
			all = append(all, page.GetTopics()...)
		}
		if c.Output == outputText {
			return render.Topics(std.out, all)
		}
		for _, topic := range all {
			if err := c.Output.print(std.out, "", topic); err != nil {
				return err
			}
		}
		return nil
	})
}

type topicShowCmd struct {
	topicConnection
	Name string `arg:"" predictor:"topic" help:"The topic's name."`
}

// Help is shown by `parley topic show --help`.
func (topicShowCmd) Help() string {
	return `Examples:
  parley topic show orders
  parley topic show orders --output json`
}

// Run shows one topic.
func (c *topicShowCmd) Run(std streams) error {
	return c.topics(c.Name, func(ctx context.Context, client messagingv1connect.TopicServiceClient) error {
		res, err := client.GetTopic(ctx, &messagingv1.GetTopicRequest{Name: c.Name})
		if err != nil {
			return err
		}
		if c.Output == outputText {
			return render.Topic(std.out, res.GetTopic())
		}
		return c.Output.print(std.out, "", res.GetTopic())
	})
}
