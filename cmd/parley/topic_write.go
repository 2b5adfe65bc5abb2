package main

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
)

type topicCreateCmd struct {
	topicConnection
	definition
	Name string `arg:"" help:"The topic's name: small letters, digits, '.', '_' and '-'."`
}

// Help is shown by `parley topic create --help`.
func (topicCreateCmd) Help() string {
	return `Creating a topic again is harmless as long as it is defined the same way.
Without --max-age, --max-bytes or --max-messages its messages are kept for ever.

Examples:
  parley topic create orders
  parley topic create orders --max-age 7d --max-bytes 10GiB
  parley topic create orders --label team=billing --label stage=test`
}

// Run creates the topic.
func (c *topicCreateCmd) Run(std streams) error {
	topic, _, err := c.topic(c.Name)
	if err != nil {
		return err
	}
	return c.topics(c.Name, func(ctx context.Context, client messagingv1connect.TopicServiceClient) error {
		res, err := client.CreateTopic(ctx, &messagingv1.CreateTopicRequest{Topic: topic})
		if err != nil {
			return err
		}
		return c.Output.print(std.out, fmt.Sprintf("topic %s is ready", res.GetTopic().GetName()), res.GetTopic())
	})
}

type topicUpdateCmd struct {
	topicConnection
	definition
	Clear []string `env:"-" help:"Return a setting to its default: label, max-age, max-bytes, max-messages, max-message-bytes or dedup-window." placeholder:"SETTING"`
	Epoch string   `env:"-" help:"Change the topic only if it has this epoch." placeholder:"EPOCH"`
	Name  string   `arg:"" predictor:"topic" help:"The topic's name."`
}

// Help is shown by `parley topic update --help`.
func (topicUpdateCmd) Help() string {
	return `Only what a flag names is changed. --label replaces all labels.

Examples:
  parley topic update orders --max-age 1d
  parley topic update orders --max-bytes 1GiB --clear max-age
  parley topic update orders --clear label`
}

// Run changes the topic.
func (c *topicUpdateCmd) Run(std streams) error {
	topic, given, err := c.topic(c.Name)
	if err != nil {
		return err
	}
	paths, err := mask(given, c.Clear)
	if err != nil {
		return err
	}
	return c.topics(c.Name, func(ctx context.Context, client messagingv1connect.TopicServiceClient) error {
		res, err := client.UpdateTopic(ctx, &messagingv1.UpdateTopicRequest{
			Topic: topic, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}, ExpectedEpoch: c.Epoch,
		})
		if err != nil {
			return err
		}
		return c.Output.print(std.out, fmt.Sprintf("topic %s is updated", c.Name), res.GetTopic())
	})
}
