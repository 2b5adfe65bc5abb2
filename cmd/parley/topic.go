package main

import (
	"context"

	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
)

type topicCmd struct {
	Create topicCreateCmd `cmd:"" help:"Create a topic."`
	List   topicListCmd   `cmd:"" help:"List all topics."`
	Show   topicShowCmd   `cmd:"" help:"Show one topic: its definition and what it holds."`
	Update topicUpdateCmd `cmd:"" help:"Change a topic's definition."`
	Delete topicDeleteCmd `cmd:"" help:"Delete a topic and all its messages for good."`
	Purge  topicPurgeCmd  `cmd:"" help:"Remove a topic's messages before a sequence for good."`
}

// topics calls do with a client of the topic service.
func (c connection) topics(do func(context.Context, messagingv1connect.TopicServiceClient) error) error {
	ctx, stop := c.context()
	defer stop()
	connected, err := c.connect()
	if err != nil {
		return err
	}
	defer connected.Close()
	return do(ctx, messagingv1connect.NewTopicServiceClient(connected.Connect()))
}
