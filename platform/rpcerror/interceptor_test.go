package rpcerror_test

import (
	"context"
	"errors"
	"testing"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// broken is a stream whose connection fails as Connect reports it.
type broken struct{ connect.ServerStream }

func (broken) Receive(any) error {
	return connect.NewError(connect.CodeUnknown, "read message: invalid byte in chunk length")
}

func (broken) Send(any) error {
	return connect.NewError(connect.CodeUnknown, "write envelope: use of closed network connection")
}

// TestBrokenConnection holds that a connection that fails is the caller's affair and
// not a failure of the server.
func TestBrokenConnection(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		use    func(connect.ServerStream) error
		code   connect.Code
		reason errorv1.Reason
	}{
		"reading": {func(s connect.ServerStream) error { return s.Receive(nil) }, connect.CodeInvalidArgument, errorv1.Reason_REASON_PROTOCOL_ERROR},
		"writing": {func(s connect.ServerStream) error { return s.Send(nil) }, connect.CodeCanceled, errorv1.Reason_REASON_CANCELED},
	} {
		handler := func(_ context.Context, _ connect.Spec, stream connect.ServerStream) error { return test.use(stream) }
		err := rpcerror.Interceptor()(handler)(t.Context(), connect.Spec{}, broken{})
		if connect.CodeOf(err) != test.code || rpcerror.ReasonOf(err) != test.reason || errors.Unwrap(err) == nil {
			t.Errorf("%s: %v with reason %s, want %s with %s and its cause", name, err, rpcerror.ReasonOf(err), test.code, test.reason)
		}
	}
}
