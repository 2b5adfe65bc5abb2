package connection

import (
	"context"
	"fmt"
	"strings"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"

	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

// DefaultServer is called where nothing names another one.
const DefaultServer = "http://127.0.0.1:8080"

// AnyServer holds the flags of commands that any server can answer.
type AnyServer struct {
	Server []string `default:"http://127.0.0.1:8080" help:"Server to call: http://host:port, https://host:port or host:port. Several are balanced."`
	Wire
}

// Connect builds the client the flags describe. The caller closes it.
func (c AnyServer) Connect() (*client.Client, error) { return c.Dial(c.Server) }

// OneServer holds the flags of commands on topics. Each server has its own
// ones, so calls are not spread over several.
type OneServer struct {
	Server []string `default:"http://127.0.0.1:8080" help:"Server to call: http://host:port, https://host:port or host:port. Each server has its own topics: name one."`
	Wire
}

// Connect builds the client the flags describe. The caller closes it.
func (c OneServer) Connect() (*client.Client, error) {
	if len(c.Server) > 1 {
		return nil, fmt.Errorf("%w: --server %s: each server has its own topics: name one", outcome.ErrUsage, strings.Join(c.Server, ","))
	}
	return c.Dial(c.Server)
}

// Topics calls do with a client of the topic service. name is the topic's name,
// or "" for a call that is about no particular one.
func (c OneServer) Topics(name string, do func(context.Context, messagingv1connect.TopicServiceClient) error) error {
	ctx, stop := c.Begin()
	defer stop()
	connected, err := c.Connect()
	if err != nil {
		return err
	}
	defer connected.Close()
	return c.Explain(name, do(ctx, messagingv1connect.NewTopicServiceClient(connected.Connect())))
}

// Explain says what to do about an error that is about the topic.
func (c OneServer) Explain(topic string, err error) error {
	if rpcerror.ReasonOf(err) != errorv1.Reason_REASON_TOPIC_NOT_FOUND {
		return outcome.InWords(err, nameIn(topic))
	}
	return outcome.WithHint(err, fmt.Sprintf("Topic %s does not exist. Create it with: %s\nSee those there are with: %s",
		topic, c.CommandLine("topic", "create", topic), c.CommandLine("topic", "list")))
}

// CommandLine returns a line to paste that calls this program for the same server.
func (c OneServer) CommandLine(words ...string) string {
	switch {
	case c.Context != "":
		words = append(words, "--context", c.Context)
	case len(c.Server) == 1 && c.Server[0] != DefaultServer:
		words = append(words, "--server", c.Server[0])
	}
	return outcome.CommandLine(words...)
}

// nameIn puts what is wrong with the name of a topic into words.
func nameIn(topic string) func(client.FieldViolation) string {
	return func(field client.FieldViolation) string {
		switch field.Field {
		case "topic", "name", "topic.name":
			return fmt.Sprintf("%q cannot be the name of a topic: use 1 to 128 small letters, digits, '.', '_' and '-', with a letter or a digit first", topic)
		default:
			return ""
		}
	}
}
