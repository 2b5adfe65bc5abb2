package client_test

import (
	"context"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"

	"github.com/parleyhq/parley/platform/client"
)

// TestCancelEndsASilentStream holds that a stream on which neither side says
// anything ends with its context, and not with the next answer.
func TestCancelEndsASilentStream(t *testing.T) {
	t.Parallel()
	for _, protocol := range []client.Protocol{client.ProtocolConnect, client.ProtocolGRPC, client.ProtocolGRPCWeb} {
		t.Run(protocol.String(), func(t *testing.T) {
			t.Parallel()
			s := startServer(t, serverOptions{})
			c := newClient(t, client.Config{Addresses: []string{s.hostPort}, Protocol: protocol})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stream, err := bidirectionalv1connect.NewBidirectionalServiceClient(c.Connect()).GetServerResponse(ctx)
			check(t, err)
			defer stream.Close()
			check(t, stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: "a"}))
			_, err = stream.Receive()
			check(t, err)
			time.AfterFunc(100*time.Millisecond, cancel) // while Receive waits
			stuck := time.AfterFunc(10*time.Second, func() {
				t.Error("Receive still waits")
				_ = c.Close()
			})
			defer stuck.Stop()
			if _, err := stream.Receive(); connect.CodeOf(err) != connect.CodeCanceled {
				t.Errorf("Receive: %v, want CANCELED", err)
			}
		})
	}
}
