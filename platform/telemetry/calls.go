package telemetry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// otherMethod stands for all methods that no service has, as OpenTelemetry's
// conventions ask: strangers must not be able to invent time series.
const otherMethod = "_OTHER"

// calls measures the duration of calls, under the name, labels and buckets of
// OpenTelemetry's conventions for Prometheus. What a call looks up is one key: an
// OpenTelemetry instrument would hash the attributes each time, and nothing but the
// registry reads them.
type calls struct {
	duration  *prometheus.HistogramVec
	observers sync.Map // outcome -> prometheus.Observer; as many as procedures × protocols × codes
}

// outcome is all that the attributes of a call depend on.
type outcome struct {
	procedure string
	protocol  string
	code      connect.Code // 0 for success
}

func newCalls(registry prometheus.Registerer) (*calls, error) {
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "rpc_server_call_duration_seconds",
		Help:    "Duration of calls; a stream counts when it ends.",
		Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10},
	}, []string{"rpc_system_name", "rpc_method", "rpc_response_status_code", "error_type"})
	if err := registry.Register(duration); err != nil {
		return nil, fmt.Errorf("set up call metrics: %w", err)
	}
	return &calls{duration: duration}, nil
}

func (c *calls) intercept(next connect.ServerFunc) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
		start := time.Now()
		err := next(ctx, spec, stream)
		c.observer(outcomeOf(ctx, spec, err)).Observe(time.Since(start).Seconds())
		return err
	}
}

func outcomeOf(ctx context.Context, spec connect.Spec, err error) outcome {
	result := outcome{procedure: strings.TrimPrefix(spec.Procedure, "/")}
	if spec.Schema == nil {
		result.procedure = otherMethod
	}
	if info, ok := connect.CallInfoForServerContext(ctx); ok {
		result.protocol = info.Protocol
	}
	if err != nil {
		result.code = codeOf(err)
	}
	return result
}

// codeOf is connect.CodeOf, and a code that exists: handlers can make others up.
func codeOf(err error) connect.Code {
	var authored *connect.Error
	if errors.As(err, &authored) && authored.Code() >= connect.CodeCanceled && authored.Code() <= connect.CodeUnauthenticated {
		return authored.Code()
	}
	return connect.CodeUnknown
}

func (c *calls) observer(result outcome) prometheus.Observer {
	known, ok := c.observers.Load(result)
	if !ok {
		known, _ = c.observers.LoadOrStore(result, c.duration.WithLabelValues(result.labels()...))
	}
	observer, _ := known.(prometheus.Observer)
	return observer
}

// labels are the values of the histogram's labels, in their order. There is no error
// type without an error: an empty label counts as none.
func (o outcome) labels() []string {
	system := "grpc" // gRPC-Web is the same system on another wire
	if o.protocol == connect.ProtocolNameConnect {
		system = "connectrpc"
	}
	if o.code == 0 {
		return []string{system, o.procedure, "OK", ""}
	}
	code := strings.ToUpper(o.code.String())
	return []string{system, o.procedure, code, code}
}
