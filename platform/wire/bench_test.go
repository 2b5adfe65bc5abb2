package wire_test

import (
	"context"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"

	"github.com/parleyhq/parley/platform/wire"
)

const benchText = "a message of sixty-four bytes, as the published figures use it.."

// BenchmarkEcho compares streams and unary calls with and without the
// middleware. Client and server share the process, so the ratios are smaller
// than between processes.
func BenchmarkEcho(b *testing.B) {
	for name, handler := range map[string]func() testServer{
		"plain": func() testServer { return serve(b, h2c, rpcs(bidiEcho{})) },
		"wired": func() testServer { return serve(b, h2c, wire.Streams(rpcs(bidiEcho{}))) },
	} {
		b.Run("pipelined/"+name, func(b *testing.B) { benchStream(b, handler(), 256) })
		b.Run("pingpong/"+name, func(b *testing.B) { benchStream(b, handler(), 1) })
		b.Run("unary/"+name, func(b *testing.B) { benchUnary(b, handler()) })
	}
}

func benchStream(b *testing.B, server testServer, inFlight int) {
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	stream, err := bidiClient(server, connecthttp.WithGRPC()).GetServerResponse(ctx)
	if err != nil {
		b.Fatal(err)
	}
	window := make(chan struct{}, inFlight)
	b.ResetTimer()
	go func() {
		for range b.N {
			window <- struct{}{}
			if stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: benchText}) != nil {
				return
			}
		}
		_ = stream.CloseSend()
	}()
	for range b.N {
		if _, err := stream.Receive(); err != nil {
			b.Fatal(err)
		}
		<-window
	}
}

func benchUnary(b *testing.B, server testServer) {
	client := unaryv1connect.NewUnaryServiceClient(
		connect.NewClient(connecthttp.NewTransport(server.client, server.url, connecthttp.WithGRPC())))
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := client.GetServerResponse(b.Context(), &unaryv1.GetServerResponseRequest{Message: benchText}); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
