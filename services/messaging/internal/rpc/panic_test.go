package rpc_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/identity"
	"github.com/parleyhq/parley/platform/interceptor"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/platform/wire"
	"github.com/parleyhq/parley/services/messaging/internal/delivery"
	"github.com/parleyhq/parley/services/messaging/internal/rpc"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
	"github.com/parleyhq/parley/services/messaging/internal/tail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// faulty is a store that panics where it is told to.
type faulty struct {
	store.Store

	at string
}

func (f faulty) Append(ctx context.Context, req store.AppendRequest) (store.Receipt, error) {
	if f.at == "append" {
		panic("secret of append")
	}
	return f.Store.Append(ctx, req)
}

func (f faulty) GetTopic(ctx context.Context, name string) (store.Topic, error) {
	if f.at == "open" {
		panic("secret of open")
	}
	return f.Store.GetTopic(ctx, name)
}

// faultyStream panics when it sends a result.
type faultyStream struct{ connect.ServerStream }

func (s faultyStream) Send(msg any) error {
	if res, ok := msg.(*messagingv1.ExchangeResponse); ok && res.GetResult() != nil {
		panic("secret of send")
	}
	return s.ServerStream.Send(msg)
}

type uncounted struct{}

func (uncounted) Delivered(*delivery.Piece) {}
func (uncounted) Looked(bool)               {}
func (uncounted) Following(int)             {}

// serve serves a topic "a" behind the whole chain, with a fault.
func serve(t *testing.T, at string, log *bytes.Buffer) messagingv1connect.MessageServiceClient {
	t.Helper()
	validator, err := protovalidate.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := pebblestore.Open(pebblestore.Options{
		Dir: "data", FS: vfs.NewMem(), DiskFree: func() (uint64, error) { return 1 << 40, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
		t.Fatal(err)
	}
	chain := interceptor.Chain(interceptor.Options{
		Log: slog.New(slog.NewTextHandler(log, nil)), Authenticator: identity.Anonymous{}, Validator: validator,
	})
	if at == "send" {
		chain = append(chain, func(next connect.ServerFunc) connect.ServerFunc {
			return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
				return next(ctx, spec, faultyStream{stream})
			}
		})
	}
	handlers := connect.NewServer(chain...)
	messagingv1connect.RegisterMessageServiceHandler(handlers, &rpc.Messages{
		Source: &delivery.Source{
			Store: faulty{s, at}, Tails: tail.New(tail.DefaultTopicBytes, tail.DefaultTotalBytes),
			Buffers: delivery.NewBuffers(1), Observer: uncounted{},
		},
		Validator: validator,
	})
	mux := http.NewServeMux()
	connecthttp.Mount(mux, handlers)
	h2c := new(http.Protocols)
	h2c.SetUnencryptedHTTP2(true)
	server := httptest.NewUnstartedServer(wire.Streams(mux))
	server.Config.Protocols = h2c
	server.Start()
	transport := &http.Transport{Protocols: h2c}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close() // waits for the calls
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return messagingv1connect.NewMessageServiceClient(connect.NewClient(
		connecthttp.NewTransport(&http.Client{Transport: transport}, server.URL, connecthttp.WithGRPC())))
}

// TestPanics has each goroutine that a stream starts panic. That is the end of
// the stream, at once, while its client goes on; the process stays.
func TestPanics(t *testing.T) {
	t.Parallel()
	message := []*messagingv1.Message{{Payload: &messagingv1.Message_Text{Text: "x"}}}
	publish := &messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Publish{Publish: &messagingv1.PublishCommand{
		CorrelationId: 1, Request: &messagingv1.PublishRequest{Topic: "a", Messages: message},
	}}}
	subscribe := &messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Subscribe{Subscribe: &messagingv1.SubscribeCommand{
		SubscriptionId: 1, Request: &messagingv1.SubscribeRequest{Topic: "a"},
	}}}
	exchange := func(first *messagingv1.ExchangeRequest) func(*testing.T, messagingv1connect.MessageServiceClient) error {
		return func(t *testing.T, c messagingv1connect.MessageServiceClient) error {
			t.Helper()
			stream, err := c.Exchange(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Close()
			if err := stream.Send(first); err != nil {
				t.Fatal(err)
			}
			for {
				if _, err := stream.Receive(); err != nil {
					return err
				}
			}
		}
	}
	publishStream := func(t *testing.T, c messagingv1connect.MessageServiceClient) error {
		t.Helper()
		stream, err := c.PublishStream(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for err == nil { // until the server is heard of
			err = stream.Send(&messagingv1.PublishStreamRequest{Topic: "a", Messages: message})
		}
		_, err = stream.CloseAndReceive()
		return err
	}
	for _, test := range []struct {
		name, at string
		call     func(*testing.T, messagingv1connect.MessageServiceClient) error
	}{
		{"subscription", "open", exchange(subscribe)},
		{"results", "send", exchange(publish)},
		{"appender of an exchange", "append", exchange(publish)},
		{"appender of a publish stream", "append", publishStream},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			t.Run("call", func(t *testing.T) {
				err := test.call(t, serve(t, test.at, &log))
				if connect.CodeOf(err) != connect.CodeInternal || rpcerror.ReasonOf(err) != errorv1.Reason_REASON_INTERNAL {
					t.Errorf("got %v, want INTERNAL", err)
				}
				if err != nil && strings.Contains(err.Error(), "secret") {
					t.Errorf("the caller sees the cause: %v", err)
				}
			})
			// The server has stopped, so the log is complete.
			if strings.Count(log.String(), "secret of "+test.at) != 1 || !strings.Contains(log.String(), "panic_test.go") {
				t.Errorf("the log has not the cause once, with its stack: %s", &log)
			}
		})
	}
}
