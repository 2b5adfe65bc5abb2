package topics

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

type createCmd struct {
	connection.OneServer
	definition
	Name string `arg:"" help:"The topic's name: small letters, digits, '.', '_' and '-'."`
}

// Help is shown by `parley topic create --help`.
func (createCmd) Help() string {
	return `Creating a topic again is harmless as long as it is defined the same way.
Without --max-age, --max-bytes or --max-messages its messages are kept for ever.

Examples:
  parley topic create orders
  parley topic create orders --max-age 7d --max-bytes 10GiB
  parley topic create orders --label team=billing --label stage=test`
}

// Run creates the topic.
func (c *createCmd) Run(std console.Streams) error {
	topic, _, err := c.topic(c.Name)
	if err != nil {
		return err
	}
	return c.Topics(c.Name, func(ctx context.Context, client messagingv1connect.TopicServiceClient) error {
		res, err := client.CreateTopic(ctx, &messagingv1.CreateTopicRequest{Topic: topic})
		if err != nil {
			return outcome.InWords(err, inWords)
		}
		return c.Output.Print(std.Out, fmt.Sprintf("topic %s is ready", res.GetTopic().GetName()), res.GetTopic())
	})
}

type updateCmd struct {
	connection.OneServer
	definition
	Clear []string `env:"-" help:"Return a setting to its default: label, max-age, max-bytes, max-messages, max-message-bytes or dedup-window." placeholder:"SETTING"`
	Epoch string   `env:"-" help:"Change the topic only if it has this epoch." placeholder:"EPOCH"`
	Name  string   `arg:"" predictor:"topic" help:"The topic's name."`
}

// Help is shown by `parley topic update --help`.
func (updateCmd) Help() string {
	return `Only what a flag names is changed. --label replaces all labels.

Examples:
  parley topic update orders --max-age 1d
  parley topic update orders --max-bytes 1GiB --clear max-age
  parley topic update orders --clear label`
}

// Run changes the topic.
func (c *updateCmd) Run(std console.Streams) error {
	topic, given, err := c.topic(c.Name)
	if err != nil {
		return err
	}
	paths, err := mask(given, c.Clear)
	if err != nil {
		return err
	}
	return c.Topics(c.Name, func(ctx context.Context, client messagingv1connect.TopicServiceClient) error {
		res, err := client.UpdateTopic(ctx, &messagingv1.UpdateTopicRequest{
			Topic: topic, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}, ExpectedEpoch: c.Epoch,
		})
		if err != nil {
			return outcome.InWords(err, inWords)
		}
		return c.Output.Print(std.Out, fmt.Sprintf("topic %s is updated", c.Name), res.GetTopic())
	})
}
