package clients_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/tests/harness"
)

const (
	unaryMethod  = "/parley.unary.v1.UnaryService/GetServerResponse"
	duplexMethod = "/parley.bidirectional.v1.BidirectionalService/GetServerResponse"

	hello  = "Hello Server you there?"
	answer = "Hello I am up and running. Received ‘Hello Server you there?’ message from you"
)

var duplexDesc = &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}

// jsonCodec makes grpc-go speak application/grpc+json.
type jsonCodec struct{}

func (jsonCodec) Name() string { return "json" }
func (jsonCodec) Marshal(message any) ([]byte, error) {
	return protojson.Marshal(message.(proto.Message))
}

func (jsonCodec) Unmarshal(data []byte, message any) error {
	return protojson.Unmarshal(data, message.(proto.Message))
}

func dial(t *testing.T, server *harness.Server, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	transport := insecure.NewCredentials()
	if config := server.TLSConfig(t); config != nil {
		transport = credentials.NewTLS(config)
	}
	conn, err := grpc.NewClient(server.Addr, append(options, grpc.WithTransportCredentials(transport))...)
	if err != nil {
		t.Fatalf("build a grpc-go client: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestGRPCGo(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t)
	for name, server := range map[string]*harness.Server{"h2c": pair.Clear, "tls": pair.Encrypted} {
		for codec, options := range map[string][]grpc.CallOption{
			"proto": nil,
			"gzip":  {grpc.UseCompressor(gzip.Name)},
			"json":  {grpc.ForceCodec(jsonCodec{})},
		} {
			t.Run(name+"/"+codec, func(t *testing.T) {
				t.Parallel()
				conn := dial(t, server, grpc.WithDefaultCallOptions(options...))
				var res unaryv1.GetServerResponseResponse
				err := conn.Invoke(t.Context(), unaryMethod, &unaryv1.GetServerResponseRequest{Message: hello}, &res)
				if err != nil || res.GetMessage() != answer || !res.GetReceived() {
					t.Errorf("unary: %v, %v", &res, err)
				}
				pingPong(t, conn)
			})
		}
	}
}

// pingPong sends each request only once the answer to the one before is here.
func pingPong(t *testing.T, conn *grpc.ClientConn) {
	t.Helper()
	stream, err := conn.NewStream(t.Context(), duplexDesc, duplexMethod)
	if err != nil {
		t.Fatalf("open a stream: %v", err)
	}
	for i := range 50 {
		var res bidirectionalv1.GetServerResponseResponse
		text := fmt.Sprintf("message %d", i)
		if err := stream.SendMsg(&bidirectionalv1.GetServerResponseRequest{Message: text}); err != nil {
			t.Fatalf("send: %v", err)
		}
		if err := stream.RecvMsg(&res); err != nil || res.GetMessage() != text {
			t.Fatalf("received %v, %v, want %q", &res, err, text)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatalf("close sending: %v", err)
	}
	if err := stream.RecvMsg(&bidirectionalv1.GetServerResponseResponse{}); !errors.Is(err, io.EOF) {
		t.Errorf("after the answers: %v, want the end", err)
	}
}

func TestGRPCGoErrors(t *testing.T) {
	t.Parallel()
	conn := dial(t, harness.Start(t))
	err := conn.Invoke(t.Context(), unaryMethod, &unaryv1.GetServerResponseRequest{}, &unaryv1.GetServerResponseResponse{})
	failure := status.Convert(err)
	if failure.Code() != codes.InvalidArgument {
		t.Fatalf("error = %v, want INVALID_ARGUMENT", err)
	}
	var (
		info *errdetails.ErrorInfo
		bad  *errdetails.BadRequest
	)
	for _, detail := range failure.Details() {
		switch value := detail.(type) {
		case *errdetails.ErrorInfo:
			info = value
		case *errdetails.BadRequest:
			bad = value
		}
	}
	if info.GetDomain() != "parley" || info.GetReason() != "INVALID_FIELD" {
		t.Errorf("ErrorInfo = %v, want parley's INVALID_FIELD", info)
	}
	if got := bad.GetFieldViolations(); len(got) != 1 || got[0].GetField() != "message" {
		t.Errorf("BadRequest = %v, want message", bad)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	stream, err := conn.NewStream(ctx, duplexDesc, duplexMethod)
	if err != nil {
		t.Fatalf("open a stream: %v", err)
	}
	if err := stream.RecvMsg(&bidirectionalv1.GetServerResponseResponse{}); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("error = %v, want DEADLINE_EXCEEDED", err)
	}
}

// TestGRPCGoHealth asks as an orchestrator does, and watches a drain begin.
func TestGRPCGoHealth(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	health := healthpb.NewHealthClient(dial(t, server))
	for _, service := range []string{"", "parley.unary.v1.UnaryService", "parley.bidirectional.v1.BidirectionalService"} {
		res, err := health.Check(t.Context(), &healthpb.HealthCheckRequest{Service: service})
		if err != nil || res.GetStatus() != healthpb.HealthCheckResponse_SERVING {
			t.Errorf("health of %q: %v, %v", service, res, err)
		}
	}
	if _, err := health.Check(t.Context(), &healthpb.HealthCheckRequest{Service: "no.such.Service"}); status.Code(err) != codes.NotFound {
		t.Errorf("health of an unknown service: %v, want NOT_FOUND", err)
	}
}
