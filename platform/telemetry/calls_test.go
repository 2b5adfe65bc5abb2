package telemetry_test

import (
	"context"
	"fmt"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"

	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/platform/telemetry"
)

// A stranger who asks for methods that do not exist makes one time series, not
// one for each name.
func TestUnknownMethods(t *testing.T) {
	t.Parallel()
	signals, err := telemetry.New(t.Context(), "test", "1")
	if err != nil {
		t.Fatal(err)
	}
	server := connect.NewServer(signals.Interceptor)
	server.SetUnknownHandler(func(context.Context, connect.Spec, connect.ServerStream) error {
		return connect.NewError(connect.CodeUnimplemented, "no such method")
	})
	client := connect.NewClient(connectinprocess.New(server))
	const methods = 10
	for i := range methods {
		spec := connect.Spec{Procedure: fmt.Sprintf("/made.Up/Method%d", i)}
		err := client.CallUnary(t.Context(), spec, &unaryv1.GetServerResponseRequest{}, &unaryv1.GetServerResponseResponse{})
		if connect.CodeOf(err) != connect.CodeUnimplemented {
			t.Fatal(err)
		}
	}
	families, err := signals.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "rpc_server_call_duration_seconds" {
			continue
		}
		series := family.GetMetric()
		if len(series) != 1 || label(series[0], "rpc_method") != "_OTHER" ||
			series[0].GetHistogram().GetSampleCount() != methods {
			t.Errorf("series %v, want one for %d calls of _OTHER", series, methods)
		}
		return
	}
	t.Error("calls were not measured")
}
