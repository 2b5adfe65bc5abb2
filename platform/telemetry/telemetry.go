// Package telemetry measures and traces calls.
//
// Metrics are Prometheus's, in a registry that belongs to one server, so two
// servers in one process do not mix; calls have the names of OpenTelemetry's
// conventions. Traces go out by OTLP over HTTP when the standard environment variables
// name an endpoint, and nowhere otherwise.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"os"

	"connectrpc.com/connect/v2"
	"connectrpc.com/otelconnect"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// ErrProtocol is returned for an OTLP protocol this program does not speak.
var ErrProtocol = errors.New("only OTLP over http/protobuf is supported")

// Telemetry is what one server measures. It is safe for concurrent use.
type Telemetry struct {
	// Registry holds all metrics of the server. Services add their own.
	Registry *prometheus.Registry
	// Interceptor observes each call: a span, and its duration by procedure and
	// code in rpc_server_call_duration_seconds.
	Interceptor connect.ServerInterceptor

	shutdown []func(context.Context) error
}

// New sets up metrics and, where the environment asks for it, traces. name and
// version describe the program in exported data; OTEL_SERVICE_NAME and
// OTEL_RESOURCE_ATTRIBUTES override them.
func New(ctx context.Context, name, version string) (*Telemetry, error) {
	res, err := resource.New(ctx,
		resource.WithAttributes(semconv.ServiceName(name), semconv.ServiceVersion(version)),
		resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, fmt.Errorf("describe this process to telemetry: %w", err)
	}
	telemetry := &Telemetry{Registry: prometheus.NewRegistry()}
	telemetry.Registry.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := registerTarget(telemetry.Registry, res); err != nil {
		return nil, err
	}
	measured, err := newCalls(telemetry.Registry)
	if err != nil {
		return nil, err
	}
	telemetry.Interceptor = measured.intercept
	traced, err := telemetry.traces(ctx, res)
	if err != nil {
		return nil, err
	}
	if traced != nil {
		telemetry.Interceptor = func(next connect.ServerFunc) connect.ServerFunc { return traced(measured.intercept(next)) }
	}
	return telemetry, nil
}

// Shutdown sends what is still buffered, within the context's time.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	var errs []error
	for _, shutdown := range t.shutdown {
		errs = append(errs, shutdown(ctx))
	}
	return errors.Join(errs...)
}

// traces returns the interceptor that makes spans, or nil where the environment
// asks for none.
func (t *Telemetry) traces(ctx context.Context, res *resource.Resource) (connect.ServerInterceptor, error) {
	wanted, err := wantsTraces()
	if err != nil || !wanted {
		return nil, err
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("set up the OTLP trace exporter: %w", err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(res))
	t.shutdown = append(t.shutdown, provider.Shutdown)
	traced, err := otelconnect.NewServerInterceptor(
		otelconnect.WithoutMetrics(),
		otelconnect.WithTracerProvider(provider),
		otelconnect.WithPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})),
		otelconnect.WithTrustRemote(),
	)
	if err != nil {
		return nil, fmt.Errorf("set up call traces: %w", err)
	}
	return traced, nil
}

// wantsTraces reads the variables of the OpenTelemetry specification that turn
// exporting on and off; the exporter itself reads the others.
func wantsTraces() (bool, error) {
	if os.Getenv("OTEL_SDK_DISABLED") == "true" || os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return false, nil
	}
	if firstEnv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT") == "" {
		return false, nil
	}
	protocol := firstEnv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
	if protocol != "" && protocol != "http/protobuf" {
		return false, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL=%s: %w", protocol, ErrProtocol)
	}
	return true, nil
}

func firstEnv(names ...string) string {
	for _, name := range names {
		if value := os.Getenv(name); value != "" {
			return value
		}
	}
	return ""
}
