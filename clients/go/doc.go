// Package parley holds what a Go program needs beside the generated stubs to read
// a topic without a gap or a duplicate, and to publish to one likewise, over
// servers that restart and connections that break.
//
// A [Subscriber] is a loop over the events of a topic. When a call ends, the next
// one goes on after the last event that was handled:
//
//	c, err := client.New(client.Config{Addresses: []string{"http://127.0.0.1:8080"}})
//	...
//	s := parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{Topic: "orders"})
//	for event, err := range s.Events(ctx) {
//		if err != nil {
//			return err
//		}
//		switch e := event.(type) {
//		case parley.Message:
//			handle(e.GetText(), e.Cursor())
//		case parley.Gap:
//			warn(e.GetFirstMissing(), e.GetLastMissing())
//		}
//	}
//
// A [Publisher] gives every message an id, sends many at once, and sends again
// what got no answer:
//
//	p, err := parley.NewPublisher(c.Connect(), parley.PublisherConfig{Topic: "orders"})
//	...
//	result, err := p.Publish(ctx, &messagingv1.Message{Payload: &messagingv1.Message_Text{Text: "two coffees"}})
//	...
//	ack, err := result.Wait(ctx) // on disk, as ack.Sequence
//	...
//	err = p.Close(ctx)
//
// # What is promised
//
// A subscriber delivers the next message or a [Gap], in order, nothing twice. It
// checks that itself and ends with [ErrBroken] if a server sent anything else. To
// go on in another process, store the cursor of an event together with what the
// event led to, and begin [After] it.
//
// What one publisher publishes is stored in that order, each message once. This
// holds while the topic remembers ids: for its de-duplication window, 10 minutes
// unless it was created with another one, and at most 1,000,000 ids of all its
// publishers. A topic whose window is 0 remembers none. The publisher gives up
// before, after PublisherConfig.RetryFor.
//
// A message that the server refuses for itself fails alone. Anything else that
// another try would only repeat stops the publisher, because what came later could
// otherwise overtake what failed.
//
// # What is tried again
//
// A connection that broke or fell silent, UNAVAILABLE, whatever says how long to
// wait (google.rpc.RetryInfo), and a token that expired during a stream. Pauses grow
// and are random, and are never shorter than the server asks for.
//
// # Several servers
//
// The servers are those of the *connect.Client, which platform/client balances.
// Each stream stays with one of them until it ends. Servers that do not share their
// storage have different topics under one name: a subscriber that moves between
// them gets a gap with reason TOPIC_RECREATED, and a publisher stops with
// EPOCH_MISMATCH. Name one server then.
//
// # Compare-and-append
//
// It concerns one batch and its caller, so there is nothing to add to the RPC:
// call Publish of the generated client with expected_last_sequence and an id. When
// the topic is not as expected, Explain of platform/client says so, and the detail
// CursorMismatch of the error says how it is: see the example CompareAndAppend.
package parley
