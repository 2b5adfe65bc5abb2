package goclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	parley "github.com/parleyhq/parley/clients/go"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/tests/harness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const topic = "orders"

// patient is longer than anything here takes, so that a hang fails with a stack.
const patient = 60 * time.Second

// connect returns a client of servers, closed when the test ends.
func connect(t testing.TB, config client.Config, addresses ...string) *client.Client {
	t.Helper()
	config.Addresses = addresses
	c, err := client.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func topics(c *client.Client) messagingv1connect.TopicServiceClient {
	return messagingv1connect.NewTopicServiceClient(c.Connect())
}

// create makes the topic of these tests.
func create(t testing.TB, c *client.Client, definition *messagingv1.Topic) {
	t.Helper()
	definition.Name = topic
	if _, err := topics(c).CreateTopic(t.Context(), &messagingv1.CreateTopicRequest{Topic: definition}); err != nil {
		t.Fatal(err)
	}
}

func text(s string) *messagingv1.Message {
	return &messagingv1.Message{Payload: &messagingv1.Message_Text{Text: s}}
}

// newPublisher returns a publisher that is closed, and then has to be idle, when
// the test ends.
func newPublisher(t testing.TB, c *client.Client, config parley.PublisherConfig) *parley.Publisher {
	t.Helper()
	config.Topic = topic
	p, err := parley.NewPublisher(c.Connect(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patient)
		defer cancel()
		_ = p.Close(ctx)
	})
	return p
}

// publish accepts the texts "from" to "to".
func publish(t testing.TB, p *parley.Publisher, from, to int) []*parley.Result {
	t.Helper()
	var results []*parley.Result
	for i := from; i <= to; i++ {
		result, err := p.Publish(t.Context(), text(strconv.Itoa(i)))
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, result)
	}
	return results
}

// stored reads the whole topic and returns the texts, in order.
func stored(t testing.TB, c *client.Client) []string {
	t.Helper()
	var texts []string
	s := parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{Topic: topic, StopAtHead: true})
	for event, err := range s.Events(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		switch e := event.(type) {
		case parley.Message:
			texts = append(texts, e.GetText())
		default:
			t.Fatalf("%T: %v", event, event)
		}
	}
	return texts
}

// wantNumbers holds that texts are 1 to n.
func wantNumbers(t testing.TB, texts []string, n int) {
	t.Helper()
	for i, text := range texts {
		if text != strconv.Itoa(i+1) {
			t.Fatalf("message %d is %q", i+1, text)
		}
	}
	if len(texts) != n {
		t.Fatalf("%d messages, want %d", len(texts), n)
	}
}

// reading is a subscriber that reads beside the test.
type reading struct {
	mu     sync.Mutex
	events []parley.Event
	err    error
	cancel context.CancelFunc
	ended  chan struct{}
}

func read(t testing.TB, c *client.Client, config parley.SubscriberConfig) *reading {
	t.Helper()
	config.Topic = topic
	ctx, cancel := context.WithCancel(t.Context())
	r := &reading{cancel: cancel, ended: make(chan struct{})}
	s := parley.NewSubscriber(c.Connect(), config)
	go func() {
		defer close(r.ended)
		for event, err := range s.Events(ctx) {
			r.mu.Lock()
			if err != nil {
				r.err = err
			} else {
				r.events = append(r.events, event)
			}
			r.mu.Unlock()
		}
	}()
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *reading) stop() error {
	r.cancel()
	<-r.ended
	return r.err
}

func (r *reading) all() []parley.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events
}

// texts returns those of the messages so far.
func (r *reading) texts() []string {
	var texts []string
	for _, event := range r.all() {
		if m, ok := event.(parley.Message); ok {
			texts = append(texts, m.GetText())
		}
	}
	return texts
}

func (r *reading) awaitMessages(t testing.TB, n int) {
	t.Helper()
	harness.Eventually(t, fmt.Sprintf("%d messages are read", n), func() bool { return len(r.texts()) >= n })
}

// valve forwards connections to a server, until it is told to swallow what comes:
// then the connections stay open and nothing moves.
type valve struct {
	addr   string
	mu     sync.Mutex
	closed bool
	moved  *sync.Cond
}

func newValve(t testing.TB, target string) *valve {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v := &valve{addr: listener.Addr().String()}
	v.moved = sync.NewCond(&v.mu)
	var group sync.WaitGroup
	var connections []net.Conn
	group.Go(func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", target)
			if err != nil {
				_ = in.Close()
				continue
			}
			v.mu.Lock()
			connections = append(connections, in, out)
			v.mu.Unlock()
			group.Go(func() { v.copy(in, out) })
			group.Go(func() { v.copy(out, in) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		v.set(false)
		v.mu.Lock()
		for _, c := range connections {
			_ = c.Close()
		}
		v.mu.Unlock()
		group.Wait()
	})
	return v
}

func (v *valve) copy(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		v.mu.Lock()
		for v.closed {
			v.moved.Wait()
		}
		v.mu.Unlock()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				_ = to.Close()
			}
			return
		}
	}
}

func (v *valve) set(closed bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed = closed
	v.moved.Broadcast()
}
