package goclient_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	parley "github.com/parleyhq/parley/clients/go"
	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/tests/harness"
)

// TestPublishInOrder holds that messages get the sequences of their order, over
// Exchange and, where that is not to be had, over Publish.
func TestPublishInOrder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wire  client.Config
		unary bool
	}{
		"exchange": {}, "grpc": {wire: client.Config{Protocol: client.ProtocolGRPC}},
		"json":  {wire: client.Config{Codec: client.CodecJSON}},
		"http1": {wire: client.Config{HTTP: client.HTTP1}}, "unary": {unary: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, test.wire, harness.Start(t).URL)
			create(t, c, &messagingv1.Topic{})
			p := newPublisher(t, c, parley.PublisherConfig{Unary: test.unary, BatchMessages: 70})
			results := publish(t, p, 1, 5000)
			if err := p.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			for i, result := range results {
				ack, err := result.Wait(t.Context())
				if err != nil || ack.Sequence != uint64(i+1) || ack.Duplicate || ack.Epoch == "" || ack.Durability != messagingv1.Durability_DURABILITY_SYNCED {
					t.Fatalf("message %d: %+v, %v", i+1, ack, err)
				}
			}
			wantNumbers(t, stored(t, c), 5000)
		})
	}
}

// TestPublishOverKills kills the server again and again while a publisher and a
// subscriber work: everything is stored once, in order, and read once, in order.
func TestPublishOverKills(t *testing.T) {
	t.Parallel()
	for _, unary := range []bool{false, true} {
		t.Run(fmt.Sprintf("unary %t", unary), func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			server := harness.Start(t, "--data-dir", data)
			c := connect(t, client.Config{}, server.URL)
			create(t, c, &messagingv1.Topic{})
			var interrupted, resumed int
			p := newPublisher(t, c, parley.PublisherConfig{
				Unary: unary, BatchMessages: 50, MaxPending: 2000,
				Observer: parley.PublisherObserver{
					Interrupted: func(error, time.Duration) { interrupted++ }, Resumed: func() { resumed++ },
				},
			})
			reader := read(t, c, parley.SubscriberConfig{})
			const rounds, each = 3, 4000
			for round := range rounds {
				publish(t, p, round*each+1, (round+1)*each)
				server.Kill(t) // up to 2,000 messages are on their way
				server = harness.Start(t, "--data-dir", data, "--listen", server.Addr)
			}
			if err := p.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantNumbers(t, stored(t, c), rounds*each)
			reader.awaitMessages(t, rounds*each)
			wantNumbers(t, reader.texts(), rounds*each)
			if interrupted == 0 || resumed == 0 {
				t.Errorf("interrupted %d times, resumed %d times", interrupted, resumed)
			}
		})
	}
}

// TestPublishOverDrain stops the server politely in the middle.
func TestPublishOverDrain(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	server := harness.Start(t, "--data-dir", data)
	c := connect(t, client.Config{}, server.URL)
	create(t, c, &messagingv1.Topic{})
	p := newPublisher(t, c, parley.PublisherConfig{BatchMessages: 50, MaxPending: 2000})
	reader := read(t, c, parley.SubscriberConfig{})
	publish(t, p, 1, 5000)
	server.Stop(t)
	harness.Start(t, "--data-dir", data, "--listen", server.Addr)
	publish(t, p, 5001, 6000)
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantNumbers(t, stored(t, c), 6000)
	reader.awaitMessages(t, 6000)
	wantNumbers(t, reader.texts(), 6000)
}

// TestRefusedMessage holds that a message which the server refuses fails alone.
func TestRefusedMessage(t *testing.T) {
	t.Parallel()
	for _, unary := range []bool{false, true} {
		t.Run(fmt.Sprintf("unary %t", unary), func(t *testing.T) {
			t.Parallel()
			c := connect(t, client.Config{}, harness.Start(t).URL)
			create(t, c, &messagingv1.Topic{MaxMessageBytes: 1000})
			p := newPublisher(t, c, parley.PublisherConfig{Unary: unary, Linger: time.Minute})
			before := publish(t, p, 1, 20)
			large, err := p.Publish(t.Context(), text(strings.Repeat("x", 2000)))
			if err != nil {
				t.Fatal(err)
			}
			after := publish(t, p, 21, 40)
			if err := p.Flush(t.Context()); rpcerror.ReasonOf(err) != errorv1.Reason_REASON_MESSAGE_OVER_TOPIC_LIMIT {
				t.Errorf("flush: %v", err)
			}
			if _, err := large.Wait(t.Context()); rpcerror.ReasonOf(err) != errorv1.Reason_REASON_MESSAGE_OVER_TOPIC_LIMIT || errors.Is(err, parley.ErrOutcomeUnknown) {
				t.Errorf("the large one: %v", err)
			}
			for _, result := range append(before, after...) {
				if _, err := result.Wait(t.Context()); err != nil {
					t.Errorf("another one: %v", err)
				}
			}
			if err := p.Flush(t.Context()); err != nil {
				t.Errorf("a second flush: %v", err)
			}
			wantNumbers(t, stored(t, c), 40)
		})
	}
}

// TestTopicCreatedAgain holds that a publisher notices it and fills nothing.
func TestTopicCreatedAgain(t *testing.T) {
	t.Parallel()
	c := connect(t, client.Config{}, harness.Start(t).URL)
	create(t, c, &messagingv1.Topic{})
	p := newPublisher(t, c, parley.PublisherConfig{})
	publish(t, p, 1, 1)
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := topics(c).DeleteTopic(t.Context(), &messagingv1.DeleteTopicRequest{Name: topic}); err != nil {
		t.Fatal(err)
	}
	create(t, c, &messagingv1.Topic{})
	result := publish(t, p, 2, 2)[0]
	_, err := result.Wait(t.Context())
	if rpcerror.ReasonOf(err) != errorv1.Reason_REASON_EPOCH_MISMATCH || !errors.Is(err, parley.ErrStopped) || errors.Is(err, parley.ErrOutcomeUnknown) {
		t.Errorf("%v", err)
	}
	if _, err := p.Publish(t.Context(), text("3")); !errors.Is(err, parley.ErrStopped) {
		t.Errorf("the next one: %v", err)
	}
	wantNumbers(t, stored(t, c), 0)
}

// TestIDs holds that a prefix of one's own makes a rerun safe, and that an id of
// one's own is kept, twice in a batch too.
func TestIDs(t *testing.T) {
	t.Parallel()
	c := connect(t, client.Config{}, harness.Start(t).URL)
	create(t, c, &messagingv1.Topic{})
	for run := range 2 {
		p := newPublisher(t, c, parley.PublisherConfig{IDPrefix: "import", Linger: time.Minute})
		results := publish(t, p, 1, 3)
		for range 2 {
			m := text("4")
			m.Id = "mine"
			result, err := p.Publish(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			results = append(results, result)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, result := range results {
			ack, err := result.Wait(t.Context())
			if err != nil || ack.Sequence != uint64(min(i+1, 4)) || ack.Duplicate != (run == 1 || i == 4) {
				t.Errorf("run %d, message %d: %+v, %v", run, i+1, ack, err)
			}
		}
	}
	wantNumbers(t, stored(t, c), 4)
}

// TestSilentServer holds that messages are bounded while a server says nothing,
// that nothing is lost or doubled by it, and that Close gives up in time.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	direct := connect(t, client.Config{}, server.URL)
	create(t, direct, &messagingv1.Topic{})
	v := newValve(t, server.Addr)
	// The probes of the connection notice it first.
	c := connect(t, client.Config{SendPingTimeout: time.Second, PingTimeout: time.Second}, "http://"+v.addr)
	p := newPublisher(t, c, parley.PublisherConfig{MaxPending: 100, BatchMessages: 10})
	publish(t, p, 1, 50)
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.set(true)
	publish(t, p, 51, 150)
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Publish(short, text("too many")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("beyond the bound: %v", err)
	}
	if err := p.Flush(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("flush: %v", err)
	}
	v.set(false)
	last := publish(t, p, 151, 151)[0]
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := last.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	wantNumbers(t, stored(t, direct), 151)
	v.set(true)
	open := publish(t, p, 152, 152)[0]
	short, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := p.Close(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: %v", err)
	}
	if _, err := open.Wait(t.Context()); !errors.Is(err, parley.ErrClosed) || !errors.Is(err, parley.ErrOutcomeUnknown) {
		t.Errorf("an open message after Close: %v", err)
	}
	if _, err := p.Publish(t.Context(), text("late")); !errors.Is(err, parley.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestGivesUp holds that a batch with an open outcome is not tried for longer than
// the topic remembers ids.
func TestGivesUp(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	c := connect(t, client.Config{}, server.URL)
	create(t, c, &messagingv1.Topic{DeduplicationWindow: durationpb.New(5 * time.Second)})
	v := newValve(t, server.Addr)
	through := connect(t, client.Config{SendPingTimeout: 100 * time.Millisecond, PingTimeout: 100 * time.Millisecond}, "http://"+v.addr)
	p := newPublisher(t, through, parley.PublisherConfig{RetryFor: time.Second})
	publish(t, p, 1, 1)
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.set(true)
	_, err := publish(t, p, 2, 2)[0].Wait(t.Context())
	if !errors.Is(err, parley.ErrOutcomeUnknown) || !errors.Is(err, parley.ErrStopped) {
		t.Errorf("%v", err)
	}
}

// TestFirstFailures holds what happens where no server answers.
func TestFirstFailures(t *testing.T) {
	t.Parallel()
	c := connect(t, client.Config{}, "127.0.0.1:1")
	p := newPublisher(t, c, parley.PublisherConfig{FailFast: true})
	if _, err := publish(t, p, 1, 1)[0].Wait(t.Context()); !errors.Is(err, parley.ErrStopped) || errors.Is(err, parley.ErrOutcomeUnknown) {
		t.Errorf("publish: %v", err)
	}
	s := parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{Topic: topic, FailFast: true})
	for _, err := range s.Events(t.Context()) {
		if again, _ := client.Retryable(err); !again {
			t.Errorf("subscribe: %v", err)
		}
	}
}
