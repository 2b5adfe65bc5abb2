package wire_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2/connecthttp"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"

	"github.com/parleyhq/parley/platform/wire"
)

// TestStallEndsStream keeps a client's flow control window shut: the handler
// must be freed, and the connection must go on serving.
func TestStallEndsStream(t *testing.T) {
	t.Parallel()
	result := make(chan error, 1)
	server := serve(t, h2c, wire.Streams(rpcs(bidiFunc(func(ctx context.Context, stream bidiStream) error {
		for {
			err := stream.Send(&bidirectionalv1.GetServerResponseResponse{Message: strings.Repeat("x", 1000)})
			if err != nil {
				result <- err
				return err
			}
		}
	})), wire.WithStallTimeout(200*time.Millisecond)))
	stream, err := bidiClient(server, connecthttp.WithGRPC()).GetServerResponse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	exchangeFirst(t, stream)
	select {
	case err := <-result:
		if !strings.Contains(err.Error(), wire.ErrStalled.Error()) {
			t.Errorf("send failed with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the handler is still blocked")
	}
	if got := post(t, server, unaryProcedure, "application/proto", encode(t, "application/proto", "hi")); got.Status != 200 {
		t.Errorf("another call on the connection: %v", got)
	}
}
