package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/durationpb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"

	"github.com/parleyhq/parley/cmd/parley/internal/console"
)

const (
	// topicBytes bounds what a benchmark leaves on the server's disk while it
	// runs.
	topicBytes = 1 << 30
	// cleanUpLimit bounds the deletion of the topic, also after an interrupt.
	cleanUpLimit = 10 * time.Second
)

// prepare makes sure that the server can be measured, and returns the topic.
func (c *Command) prepare(ctx context.Context, server *connect.Client, needTopic bool) (string, error) {
	topics := messagingv1connect.NewTopicServiceClient(server)
	switch {
	case !needTopic:
		_, err := unaryv1connect.NewUnaryServiceClient(server).GetServerResponse(ctx, &unaryv1.GetServerResponseRequest{Message: "parley bench"})
		return "", err
	case c.OnTopic != "":
		_, err := topics.GetTopic(ctx, &messagingv1.GetTopicRequest{Name: c.OnTopic})
		return c.OnTopic, err
	}
	name := "parley-bench-" + strings.ToLower(rand.Text())
	_, err := topics.CreateTopic(ctx, &messagingv1.CreateTopicRequest{Topic: &messagingv1.Topic{
		Name: name, Retention: &messagingv1.Retention{MaxBytes: topicBytes},
		MaxMessageBytes: maxBytes, DeduplicationWindow: durationpb.New(0),
	}})
	return name, err
}

// cleanUp deletes the topic that prepare has made. It runs after an interrupt too.
func (c *Command) cleanUp(ctx context.Context, std console.Streams, server *connect.Client, topic string) {
	if topic == "" || c.OnTopic != "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpLimit)
	defer cancel()
	_, err := messagingv1connect.NewTopicServiceClient(server).DeleteTopic(ctx, &messagingv1.DeleteTopicRequest{Name: topic})
	if err != nil {
		fmt.Fprintf(std.Err, "parley: topic %s is left; delete it with: %s\n", topic, c.CommandLine("topic", "delete", topic))
	}
}

// settingsText says how a server is driven.
func (c *Command) settingsText() string {
	text := fmt.Sprintf("messages of %d bytes, %d at once", c.Size, c.Concurrency)
	if c.Batch > 1 {
		text += fmt.Sprintf(", published in batches of %d", c.Batch)
	}
	return fmt.Sprintf("%s, up to %d in flight on a stream; %s each", text, c.InFlight, c.Duration)
}
