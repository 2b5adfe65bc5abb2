package messaging_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"testing"

	"connectrpc.com/connect/v2"
	"go.uber.org/goleak"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/platform/server"
	"github.com/parleyhq/parley/platform/server/servertest"
	"github.com/parleyhq/parley/services/messaging"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// instance is a running server over a data directory.
type instance struct {
	*servertest.Server

	stop func() error // drains; returns what Run did
}

// start serves messaging over a directory as `parley serve` does, until stop is
// called or the test ends.
func start(t testing.TB, dir string) *instance {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	config := messaging.DefaultConfig()
	config.DataDir, config.MinFreeBytes = dir, 1
	log, err := messaging.New(quiet, config)
	if err != nil {
		t.Fatal(err)
	}
	serving := server.DefaultConfig()
	serving.Listen, serving.AdminListen = "127.0.0.1:0", ""
	built, err := server.Build(t.Context(), quiet, server.Info{Name: "test"}, serving, log.Services()...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- built.Run(ctx) }()
	stopped := false
	i := &instance{Server: &servertest.Server{URL: built.URL()}}
	i.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() {
		if err := i.stop(); err != nil {
			t.Errorf("stop the server: %v", err)
		}
	})
	return i
}

// caller is a client of both services.
type caller struct {
	messagingv1connect.TopicServiceClient
	messagingv1connect.MessageServiceClient
}

var (
	binary   = servertest.Wire{Protocol: client.ProtocolGRPC, Codec: client.CodecProto}
	jsonWire = servertest.Wire{Protocol: client.ProtocolConnect, Codec: client.CodecJSON}
)

func (i *instance) call(t testing.TB, wire servertest.Wire) caller {
	t.Helper()
	c := i.Connect(t, wire)
	return caller{messagingv1connect.NewTopicServiceClient(c), messagingv1connect.NewMessageServiceClient(c)}
}

func (c caller) create(t testing.TB, topic *messagingv1.Topic) *messagingv1.Topic {
	t.Helper()
	res, err := c.CreateTopic(t.Context(), &messagingv1.CreateTopicRequest{Topic: topic})
	if err != nil {
		t.Fatalf("create %s: %v", topic.GetName(), err)
	}
	return res.GetTopic()
}

func text(id, body string) *messagingv1.Message {
	return &messagingv1.Message{Id: id, Payload: &messagingv1.Message_Text{Text: body}}
}

// texts returns n messages numbered from first, without ids.
func texts(first, n int) []*messagingv1.Message {
	var list []*messagingv1.Message
	for i := range n {
		list = append(list, text("", strconv.Itoa(first+i)))
	}
	return list
}

func (c caller) publish(t testing.TB, topic string, messages ...*messagingv1.Message) *messagingv1.Receipt {
	t.Helper()
	res, err := c.Publish(t.Context(), &messagingv1.PublishRequest{Topic: topic, Messages: messages})
	if err != nil {
		t.Fatalf("publish to %s: %v", topic, err)
	}
	return res.GetReceipt()
}

func fails(t testing.TB, err error, code connect.Code, reason errorv1.Reason) {
	t.Helper()
	if connect.CodeOf(err) != code || rpcerror.ReasonOf(err) != reason {
		t.Errorf("got %v, reason %v; want %v, %v", err, rpcerror.ReasonOf(err), code, reason)
	}
}

// check is a reader that checks what every reader may rely on.
type check struct {
	t    testing.TB
	next uint64 // the sequence that must come next
	n    int
}

func (c *check) messages(messages []*messagingv1.Message, gap *messagingv1.Gap, cursor *messagingv1.Cursor) {
	c.t.Helper()
	if gap != nil {
		c.next = gap.GetResumedAt()
	}
	for _, m := range messages {
		if m.GetSequence() != c.next {
			c.t.Fatalf("got sequence %d, want %d", m.GetSequence(), c.next)
		}
		c.next++
		c.n++
	}
	if cursor.GetSequence() != c.next-1 {
		c.t.Fatalf("cursor at %d after sequence %d", cursor.GetSequence(), c.next-1)
	}
}

// receiveAll reads a subscription to its end.
func receiveAll(t testing.TB, stream messagingv1connect.MessageServiceSubscribeClientStream) (list []*messagingv1.SubscribeResponse, err error) {
	t.Helper()
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		list = append(list, res)
	}
}
