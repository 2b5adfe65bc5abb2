package parley

import (
	"context"
	"sync/atomic"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"

	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
)

// beginning notes whether the headers of a stream were sent before anything else.
// The call that sends them writes the request's headers. Whoever closes the stream
// meanwhile reads them, and the program dies of a concurrent use of a map.
type beginning struct {
	connect.ClientStream

	t     *testing.T
	begun atomic.Bool
}

func (b *beginning) SendHeaders() error {
	err := b.ClientStream.SendHeaders()
	b.begun.Store(true)
	return err
}

func (b *beginning) Send(message any) error {
	b.check("Send")
	return b.ClientStream.Send(message)
}

func (b *beginning) Close() error {
	b.check("Close")
	return b.ClientStream.Close()
}

func (b *beginning) check(call string) {
	if !b.begun.Load() {
		b.t.Errorf("%s before the headers were sent", call)
	}
}

// TestCloseAtOnce holds that a publisher may be closed at any moment, also when its
// stream is just beginning.
func TestCloseAtOnce(t *testing.T) {
	t.Parallel()
	server := connect.NewServer()
	messagingv1connect.RegisterMessageServiceHandler(server, scripted{hang: true})
	opened := make(chan struct{}, 1)
	watched := func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			stream, err := next(ctx, spec)
			opened <- struct{}{}
			return &beginning{ClientStream: stream, t: t}, err
		}
	}
	p, err := NewPublisher(connect.NewClient(connectinprocess.New(server), watched), PublisherConfig{Topic: "orders"})
	if err != nil {
		t.Fatal(err)
	}
	accept(t, p, 1)
	<-opened
	ended, end := context.WithCancel(t.Context())
	end()
	if err := p.Close(ended); err == nil {
		t.Error("closing did not wait for the message")
	}
}
