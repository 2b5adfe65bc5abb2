package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"
	dto "github.com/prometheus/client_model/go"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
	"github.com/parleyhq/parley/platform/telemetry"
)

const remoteTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

type echo struct {
	unaryv1connect.UnimplementedUnaryServiceHandler
}

func (echo) GetServerResponse(_ context.Context, req *unaryv1.GetServerResponseRequest) (*unaryv1.GetServerResponseResponse, error) {
	if req.GetMessage() == "fail" {
		return nil, connect.NewError(connect.CodeAborted, "as asked")
	}
	return &unaryv1.GetServerResponseResponse{}, nil
}

// call makes one call behind the interceptor, as part of a caller's trace.
func call(t *testing.T, signals *telemetry.Telemetry, message string) {
	t.Helper()
	server := connect.NewServer(signals.Interceptor)
	unaryv1connect.RegisterUnaryServiceHandler(server, echo{})
	ctx, info := connect.NewClientContext(t.Context())
	info.RequestHeader().Set("Traceparent", remoteTrace)
	client := unaryv1connect.NewUnaryServiceClient(connect.NewClient(connectinprocess.New(server)))
	_, err := client.GetServerResponse(ctx, &unaryv1.GetServerResponseRequest{Message: message})
	if (err != nil) != (message == "fail") {
		t.Fatal(err)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	signals, err := telemetry.New(t.Context(), "test", "1")
	if err != nil {
		t.Fatal(err)
	}
	call(t, signals, "hello")
	call(t, signals, "fail")
	families, err := signals.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	for _, family := range families {
		if family.GetName() != "rpc_server_call_duration_seconds" {
			continue
		}
		for _, metric := range family.GetMetric() {
			calls = append(calls, fmt.Sprint(label(metric, "rpc_system_name"), " ", label(metric, "rpc_method"), " ",
				label(metric, "rpc_response_status_code"), ", error ", label(metric, "error_type"), ": ", metric.GetHistogram().GetSampleCount()))
		}
	}
	slices.Sort(calls)
	want := []string{
		"grpc parley.unary.v1.UnaryService/GetServerResponse ABORTED, error ABORTED: 1",
		"grpc parley.unary.v1.UnaryService/GetServerResponse OK, error : 1",
	}
	if !slices.Equal(calls, want) {
		t.Errorf("calls %q, want %q", calls, want)
	}
	if err := signals.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func label(metric *dto.Metric, name string) string {
	for _, pair := range metric.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}

// Spans reach the endpoint of the standard variable and continue the caller's
// trace.
func TestTraces(t *testing.T) {
	var (
		mu    sync.Mutex
		names []string
		trace string
	)
	endpoint := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		export := &collector.ExportTraceServiceRequest{}
		if r.URL.Path != "/v1/traces" || proto.Unmarshal(body, export) != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, resource := range export.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					names = append(names, span.GetName())
					trace = string(span.GetTraceId())
				}
			}
		}
	}))
	defer endpoint.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.URL)
	signals, err := telemetry.New(t.Context(), "test", "1")
	if err != nil {
		t.Fatal(err)
	}
	call(t, signals, "hello")
	if err := signals.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(names) != 1 || names[0] != "parley.unary.v1.UnaryService/GetServerResponse" {
		t.Errorf("spans %q", names)
	}
	if want := "\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c"; trace != want {
		t.Errorf("trace %x, want the caller's", trace)
	}
}

func TestUnsupportedProtocol(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	if _, err := telemetry.New(t.Context(), "test", "1"); !errors.Is(err, telemetry.ErrProtocol) {
		t.Errorf("got %v, want ErrProtocol", err)
	}
}

// What describes the process becomes labels; names that become the same label share
// it.
func TestTarget(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "region.name=b,region-name=a,service.name=other")
	signals, err := telemetry.New(t.Context(), "test", "1")
	if err != nil {
		t.Fatal(err)
	}
	families, err := signals.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "target_info" {
			continue
		}
		for name, want := range map[string]string{"service_name": "other", "service_version": "1", "region_name": "a;b"} {
			if got := label(family.GetMetric()[0], name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		return
	}
	t.Error("there is no target_info")
}
