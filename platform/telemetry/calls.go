package telemetry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect/v2"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/rpcconv"
)

// otherMethod stands for all methods that no service has, as OpenTelemetry's
// conventions ask: strangers must not be able to invent time series.
const otherMethod = "_OTHER"

// calls measures the duration of calls, under the name and attributes of
// OpenTelemetry's conventions. otelconnect measures the same, and builds, sorts
// and hashes the attributes for each call; here they are built once.
type calls struct {
	duration metric.Float64Histogram
	options  sync.Map // outcome -> []metric.RecordOption; as many as procedures × protocols × codes
}

// outcome is all that the attributes of a call depend on.
type outcome struct {
	procedure string
	protocol  string
	code      connect.Code // 0 for success
}

func newCalls(meters metric.MeterProvider) (*calls, error) {
	convention := rpcconv.ServerCallDuration{}
	duration, err := meters.Meter("github.com/parleyhq/parley/platform/telemetry").Float64Histogram(
		convention.Name(),
		metric.WithUnit(convention.Unit()),
		metric.WithDescription(convention.Description()),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10),
	)
	if err != nil {
		return nil, fmt.Errorf("set up call metrics: %w", err)
	}
	return &calls{duration: duration}, nil
}

func (c *calls) intercept(next connect.ServerFunc) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
		start := time.Now()
		err := next(ctx, spec, stream)
		c.duration.Record(ctx, time.Since(start).Seconds(), c.optionsFor(outcomeOf(ctx, spec, err))...)
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

func (c *calls) optionsFor(result outcome) []metric.RecordOption {
	if known, ok := c.options.Load(result); ok {
		options, _ := known.([]metric.RecordOption)
		return options
	}
	options := []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(result.attributes()...))}
	c.options.Store(result, options)
	return options
}

func (o outcome) attributes() []attribute.KeyValue {
	system := "grpc" // gRPC-Web is the same system on another wire
	if o.protocol == connect.ProtocolNameConnect {
		system = "connectrpc"
	}
	attributes := []attribute.KeyValue{
		semconv.RPCSystemNameKey.String(system),
		semconv.RPCMethodKey.String(o.procedure),
	}
	if o.code == 0 {
		return append(attributes, semconv.RPCResponseStatusCodeKey.String("OK"))
	}
	code := strings.ToUpper(o.code.String())
	return append(attributes, semconv.RPCResponseStatusCodeKey.String(code), semconv.ErrorTypeKey.String(code))
}
