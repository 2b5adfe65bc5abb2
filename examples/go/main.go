// Orders publishes two orders to the topic "orders" and then handles every order
// that it has not handled yet. How far it is, it keeps in a file: start it again,
// and it goes on from there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"google.golang.org/protobuf/encoding/protojson"

	parley "github.com/parleyhq/parley/clients/go"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/client"
)

const topic = "orders"

func main() {
	server := flag.String("server", "http://127.0.0.1:8080", "address of the server")
	cursorFile := flag.String("cursor", "orders.cursor", "file that says how far this program is")
	flag.Parse()
	if err := run(context.Background(), *server, *cursorFile); err != nil {
		fmt.Fprintln(os.Stderr, client.Explain(err))
		os.Exit(1)
	}
}

func run(ctx context.Context, server, cursorFile string) error {
	c, err := client.New(client.Config{Addresses: []string{server}})
	if err != nil {
		return err
	}
	defer c.Close()
	// Creating a topic that exists already, with the same definition, changes nothing.
	if _, err := messagingv1connect.NewTopicServiceClient(c.Connect()).CreateTopic(ctx,
		&messagingv1.CreateTopicRequest{Topic: &messagingv1.Topic{Name: topic}}); err != nil {
		return fmt.Errorf("create the topic: %w", err)
	}
	if err := publish(ctx, c, "two coffees", "one tea"); err != nil {
		return err
	}
	return handle(ctx, c, cursorFile)
}

// publish returns when the orders are on disk.
func publish(ctx context.Context, c *client.Client, orders ...string) error {
	p, err := parley.NewPublisher(c.Connect(), parley.PublisherConfig{Topic: topic})
	if err != nil {
		return err
	}
	for _, order := range orders {
		message := &messagingv1.Message{Payload: &messagingv1.Message_Text{Text: order}}
		if _, err := p.Publish(ctx, message); err != nil {
			return errors.Join(err, p.Close(ctx))
		}
	}
	return p.Close(ctx) // waits for every message, and says if one was not stored
}

// handle prints the orders after the stored cursor, up to the last one there is.
// Without StopAtHead it would wait for the next ones, and survive restarts of the
// server.
func handle(ctx context.Context, c *client.Client, cursorFile string) error {
	start, err := load(cursorFile)
	if err != nil {
		return err
	}
	s := parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{Topic: topic, Start: start, StopAtHead: true})
	for event, err := range s.Events(ctx) {
		if err != nil {
			return err
		}
		switch e := event.(type) {
		case parley.Message:
			fmt.Fprintf(os.Stdout, "%d %s\n", e.GetSequence(), e.GetText())
		case parley.Gap:
			fmt.Fprintf(os.Stdout, "missing: %d to %d\n", e.GetFirstMissing(), e.GetLastMissing())
		}
		if err := save(cursorFile, event.Cursor()); err != nil { // after the work is done
			return err
		}
	}
	return nil
}

// load returns where to begin.
func load(name string) (*messagingv1.Start, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return parley.FromEarliest(), nil
	}
	if err != nil {
		return nil, err
	}
	var cursor messagingv1.Cursor
	if err := protojson.Unmarshal(text, &cursor); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return parley.After(&cursor), nil
}

// save replaces the file as a whole, so that a crash leaves the old one or the new.
func save(name string, cursor *messagingv1.Cursor) error {
	text, err := protojson.Marshal(cursor)
	if err != nil {
		return err
	}
	if err := os.WriteFile(name+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
