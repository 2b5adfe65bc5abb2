package messaging_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/server"
	"github.com/parleyhq/parley/platform/server/servertest"
	"github.com/parleyhq/parley/services/messaging"
)

// relay passes subscriptions on to a log in the same process.
type relay struct {
	messagingv1connect.MessageServiceHandler

	log messagingv1connect.MessageServiceClient
}

func (r relay) Subscribe(ctx context.Context, req *messagingv1.SubscribeRequest, to messagingv1connect.MessageServiceSubscribeServerStream) error {
	from, err := r.log.Subscribe(ctx, req)
	if err != nil {
		return err
	}
	defer from.Close()
	for {
		res, err := from.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := to.Send(res); err != nil {
			return err
		}
	}
}

// TestRelay subscribes through a service that serves the stream from a call in
// process: the log must not take the relay's response for its own.
func TestRelay(t *testing.T) {
	t.Parallel()
	config := messaging.DefaultConfig()
	config.DataDir, config.MinFreeBytes = t.TempDir(), 1
	log, err := messaging.New(slog.New(slog.DiscardHandler), config)
	if err != nil {
		t.Fatal(err)
	}
	inside := connect.NewServer()
	log.Register(inside)
	local := connect.NewClient(connectinprocess.New(inside))
	c := caller{messagingv1connect.NewTopicServiceClient(local), messagingv1connect.NewMessageServiceClient(local)}
	c.create(t, &messagingv1.Topic{Name: "r"})
	const messages = 20_000 // several responses
	for i := range messages / 1000 {
		c.publish(t, "r", texts(i*1000, 1000)...)
	}
	outside := servertest.Start(t, server.Service{
		Name: messagingv1connect.MessageServiceName, Close: log.Close,
		Register: func(rpcs *connect.Server) {
			messagingv1connect.RegisterMessageServiceHandler(rpcs, relay{log: c.MessageServiceClient})
		},
	})
	reader := messagingv1connect.NewMessageServiceClient(outside.Connect(t, binary))
	stream, err := reader.Subscribe(t.Context(), &messagingv1.SubscribeRequest{Topic: "r", StopAtHead: true})
	if err != nil {
		t.Fatal(err)
	}
	responses, err := receiveAll(t, stream)
	if err != nil {
		t.Fatal(err)
	}
	seen := check{t: t, next: 1}
	for _, res := range responses {
		seen.messages(res.GetMessages(), res.GetGap(), res.GetCursor())
	}
	if seen.n != messages {
		t.Errorf("received %d messages of %d", seen.n, messages)
	}
}
