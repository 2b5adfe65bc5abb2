package server

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
)

// BenchmarkHandler is a unary call through everything the RPC listener serves,
// without net/http, sockets and scheduling around it: what it says of time and
// allocations does not depend on how busy the machine is.
func BenchmarkHandler(b *testing.B) {
	const text = "a message of sixty-four bytes, as the published figures use it.."
	message, err := proto.Marshal(&unaryv1.GetServerResponseRequest{Message: text})
	if err != nil {
		b.Fatal(err)
	}
	envelope := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
	b.Run("gRPC", func(b *testing.B) { benchmarkCall(b, 2, "application/grpc", envelope) })
	b.Run("Connect JSON", func(b *testing.B) { benchmarkCall(b, 1, "application/json", []byte(`{"message":"`+text+`"}`)) })
}

func benchmarkCall(b *testing.B, protoMajor int, contentType string, content []byte) {
	config := DefaultConfig()
	config.Listen, config.AdminListen = "127.0.0.1:0", ""
	server, err := Build(b.Context(), slog.New(slog.DiscardHandler), Info{Name: "bench", Version: "1"}, config, Service{
		Name:     unaryv1connect.UnaryServiceName,
		Register: func(rpcs *connect.Server) { unaryv1connect.RegisterUnaryServiceHandler(rpcs, benchmarkEcho{}) },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := server.rpcListener.Close(); err != nil {
			b.Error(err)
		}
	})
	ctx, cancel := context.WithCancel(server.rpc.BaseContext(nil))
	defer cancel()
	target := "http://" + server.Addr() + unaryv1connect.UnaryServiceGetServerResponseProcedure
	template, err := http.NewRequestWithContext(ctx, http.MethodPost, target, nil)
	if err != nil {
		b.Fatal(err)
	}
	template.ProtoMajor, template.RemoteAddr = protoMajor, "127.0.0.1:1"
	b.ReportAllocs()
	for b.Loop() {
		request := *template // as net/http makes it: not counted are its header and body
		request.Header = http.Header{"Content-Type": {contentType}, "Te": {"trailers"}, "User-Agent": {"grpc-go/1.85.0"}}
		request.Body = io.NopCloser(bytes.NewReader(content))
		response := &discard{header: make(http.Header)}
		server.rpc.Handler.ServeHTTP(response, &request)
		if response.status != http.StatusOK && response.status != 0 || response.bytes < len(content) {
			b.Fatalf("status %d, %d bytes", response.status, response.bytes)
		}
	}
}

type benchmarkEcho struct {
	unaryv1connect.UnimplementedUnaryServiceHandler
}

func (benchmarkEcho) GetServerResponse(_ context.Context, req *unaryv1.GetServerResponseRequest) (*unaryv1.GetServerResponseResponse, error) {
	return &unaryv1.GetServerResponseResponse{Message: req.GetMessage(), Received: true}, nil
}

// discard is a response writer with all that net/http's can do here.
type discard struct {
	header        http.Header
	status, bytes int
}

func (d *discard) Header() http.Header              { return d.header }
func (d *discard) WriteHeader(status int)           { d.status = status }
func (d *discard) Flush()                           {}
func (d *discard) SetReadDeadline(time.Time) error  { return nil }
func (d *discard) SetWriteDeadline(time.Time) error { return nil }

func (d *discard) Write(p []byte) (int, error) {
	d.bytes += len(p)
	return len(p), nil
}
