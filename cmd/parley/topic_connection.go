package main

import (
	"context"
	"fmt"
	"strings"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// topicConnection holds the flags of commands on topics. Each server has its own
// ones, so calls are not spread over several.
type topicConnection struct {
	Server []string `default:"http://127.0.0.1:8080" help:"Server to call: http://host:port, https://host:port or host:port. Each server has its own topics: name one."`
	wire
}

// connect builds the client the flags describe. The caller closes it.
func (c topicConnection) connect() (*client.Client, error) {
	if len(c.Server) > 1 {
		return nil, fmt.Errorf("%w: --server %s: each server has its own topics: name one", errUsage, strings.Join(c.Server, ","))
	}
	return c.dial(c.Server)
}

// topics calls do with a client of the topic service. name is the topic's name,
// or "" for a call that is about no particular one.
func (c topicConnection) topics(name string, do func(context.Context, messagingv1connect.TopicServiceClient) error) error {
	ctx, stop := c.context()
	defer stop()
	connected, err := c.connect()
	if err != nil {
		return err
	}
	defer connected.Close()
	return c.explain(name, do(ctx, messagingv1connect.NewTopicServiceClient(connected.Connect())))
}

// explain says what to do about an error that is about the topic.
func (c topicConnection) explain(topic string, err error) error {
	if rpcerror.ReasonOf(err) != errorv1.Reason_REASON_TOPIC_NOT_FOUND {
		return inWords(err, topic)
	}
	return withHint(err, fmt.Sprintf("Topic %s does not exist. Create it with: %s\nSee those there are with: %s",
		topic, c.commandLine("topic", "create", topic), c.commandLine("topic", "list")))
}

// commandLine returns a line to paste that calls this program for the same server.
func (c topicConnection) commandLine(words ...string) string {
	switch {
	case c.Context != "":
		words = append(words, "--context", c.Context)
	case len(c.Server) == 1 && c.Server[0] != defaultServer:
		words = append(words, "--server", c.Server[0])
	}
	return commandLine(words...)
}
