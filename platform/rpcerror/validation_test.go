package rpcerror_test

import (
	"context"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// A thousand broken rules must not make an error that no client can receive.
func TestViolationsAreBounded(t *testing.T) {
	t.Parallel()
	batch := &messagingv1.PublishRequest{Topic: "orders"}
	for range 1000 {
		batch.Messages = append(batch.Messages, &messagingv1.Message{Key: strings.Repeat("k", 1000)})
	}
	for name, test := range map[string]struct {
		message proto.Message
		atLeast int
	}{
		"one": {&unaryv1.GetServerResponseRequest{}, 1},
		"all": {batch, 5},
	} {
		invalid := protovalidate.Validate(test.message)
		if invalid == nil {
			t.Fatalf("%s: the sample is valid", name)
		}
		chain := rpcerror.Interceptor()(func(context.Context, connect.Spec, connect.ServerStream) error { return invalid })
		err := chain(t.Context(), connect.Spec{}, nil)
		if connect.CodeOf(err) != connect.CodeInvalidArgument || rpcerror.ReasonOf(err) != errorv1.Reason_REASON_INVALID_FIELD {
			t.Fatalf("%s: got %v", name, err)
		}
		if size := len(err.Error()); size > 500 {
			t.Errorf("%s: a text of %d bytes", name, size)
		}
		var mapped *connect.Error
		if !asError(err, &mapped) || len(mapped.Details()) != 3 {
			t.Fatalf("%s: got %d details", name, len(mapped.Details()))
		}
		total := 0
		for _, detail := range mapped.Details() {
			total += len(detail.Value)
		}
		fields := detail[*errdetails.BadRequest](t, mapped.Details()[1]).GetFieldViolations()
		if len(fields) < test.atLeast || len(fields) > 10 || total > 5<<10 {
			t.Errorf("%s: %d violations in %d bytes of details", name, len(fields), total)
		}
	}
}
