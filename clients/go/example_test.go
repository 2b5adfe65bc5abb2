package parley_test

import (
	"context"
	"errors"
	"fmt"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"

	parley "github.com/parleyhq/parley/clients/go"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/client"
)

// dial returns a client of the server, with a new topic.
func dial(ctx context.Context, topic string) (*client.Client, error) {
	c, err := client.New(client.Config{Addresses: []string{serverURL}})
	if err != nil {
		return nil, err
	}
	_, err = messagingv1connect.NewTopicServiceClient(c.Connect()).CreateTopic(ctx,
		&messagingv1.CreateTopicRequest{Topic: &messagingv1.Topic{Name: topic}})
	return c, err
}

func text(content string) *messagingv1.Message {
	return &messagingv1.Message{Payload: &messagingv1.Message_Text{Text: content}}
}

func ExamplePublisher() {
	ctx := context.Background()
	c, err := dial(ctx, "example-publisher")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	p, err := parley.NewPublisher(c.Connect(), parley.PublisherConfig{Topic: "example-publisher"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		if _, err := p.Publish(ctx, text("sent in the background")); err != nil {
			fmt.Println(err)
			return
		}
	}
	result, err := p.Publish(ctx, text("waited for"))
	if err != nil {
		fmt.Println(err)
		return
	}
	ack, err := result.Wait(ctx)
	fmt.Println(ack.Sequence, ack.Durability, err)
	fmt.Println(p.Close(ctx))
	// Output:
	// 4 DURABILITY_SYNCED <nil>
	// <nil>
}

func ExampleSubscriber() {
	ctx := context.Background()
	c, err := dial(ctx, "example-subscriber")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	p, err := parley.NewPublisher(c.Connect(), parley.PublisherConfig{Topic: "example-subscriber"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 3 {
		if _, err := p.Publish(ctx, text(fmt.Sprintf("order %d", i+1))); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := p.Close(ctx); err != nil {
		fmt.Println(err)
		return
	}

	var cursor *messagingv1.Cursor // keep it where it survives the process
	s := parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{Topic: "example-subscriber"})
	for event, err := range s.Events(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		switch e := event.(type) {
		case parley.Message:
			fmt.Println(e.GetSequence(), e.GetText())
		case parley.Gap:
			fmt.Println("missing:", e.GetFirstMissing(), "to", e.GetLastMissing())
		}
		if cursor = event.Cursor(); cursor.GetSequence() == 2 {
			break
		}
	}

	s = parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{
		Topic: "example-subscriber", Start: parley.After(cursor), StopAtHead: true,
	})
	for batch, err := range s.Batches(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, message := range batch.Messages {
			fmt.Println("later:", message.GetSequence(), message.GetText())
		}
	}
	// Output:
	// 1 order 1
	// 2 order 2
	// later: 3 order 3
}

// Two who have read the same place append after it. One is told that the topic has
// gone on; it reads on, decides again, and only then publishes again.
func Example_compareAndAppend() {
	ctx := context.Background()
	c, err := dial(ctx, "example-seats")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	messages := messagingv1connect.NewMessageServiceClient(c.Connect())
	var read uint64 // how far both have read: nothing is there yet
	for _, name := range []string{"ann", "bob"} {
		message := text("seat 1")
		message.Id = name // a repeat after a lost answer gets the first receipt
		_, err := messages.Publish(ctx, &messagingv1.PublishRequest{
			Topic: "example-seats", Messages: []*messagingv1.Message{message}, ExpectedLastSequence: &read,
		})
		switch {
		case err == nil:
			fmt.Println(name, "has it")
		case client.Explain(err).Reason == "SEQUENCE_MISMATCH":
			fmt.Println(name, "is late: the topic ends at", lastSequence(err))
		default:
			fmt.Println(client.Explain(err))
			return
		}
	}
	// Output:
	// ann has it
	// bob is late: the topic ends at 1
}

// lastSequence returns where a topic ended instead of where it was expected to.
func lastSequence(err error) uint64 {
	refused, ok := errors.AsType[*connect.Error](err)
	if !ok {
		return 0
	}
	for _, detail := range refused.Details() {
		message, err := connectproto.UnmarshalErrorDetail(detail)
		if mismatch, ok := message.(*messagingv1.CursorMismatch); err == nil && ok {
			return mismatch.GetActualLastSequence()
		}
	}
	return 0
}
