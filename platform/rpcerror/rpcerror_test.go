package rpcerror_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
)

func TestNew(t *testing.T) {
	t.Parallel()
	err := rpcerror.New(connect.CodeUnavailable, errorv1.Reason_REASON_SERVER_DRAINING, "later",
		rpcerror.Retry(time.Second), rpcerror.Field("a.b", "is wrong"))
	if err.Code() != connect.CodeUnavailable || err.Message() != "later" {
		t.Errorf("got %v", err)
	}
	if got := rpcerror.ReasonOf(fmt.Errorf("wrapped: %w", err)); got != errorv1.Reason_REASON_SERVER_DRAINING {
		t.Errorf("reason %s", got)
	}
	details := err.Details()
	if len(details) != 3 {
		t.Fatalf("%d details, want ErrorInfo, RetryInfo, BadRequest", len(details))
	}
	info := detail[*errdetails.ErrorInfo](t, details[0])
	if info.GetDomain() != "parley" || info.GetReason() != "SERVER_DRAINING" {
		t.Errorf("got %v", info)
	}
	if got := detail[*errdetails.RetryInfo](t, details[1]).GetRetryDelay().AsDuration(); got != time.Second {
		t.Errorf("retry after %s", got)
	}
	if got := detail[*errdetails.BadRequest](t, details[2]).GetFieldViolations()[0].GetField(); got != "a.b" {
		t.Errorf("field %q", got)
	}
}

func TestReasonOfOthers(t *testing.T) {
	t.Parallel()
	foreign, err := connectproto.NewErrorDetail(&errdetails.ErrorInfo{Domain: "example.com", Reason: "UNKNOWN_FIELD"})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		nil,
		errors.New("plain"),
		connect.NewError(connect.CodeInternal, "no detail"),
		connect.NewError(connect.CodeInternal, "another domain").WithDetail(foreign),
		connect.NewError(connect.CodeInternal, "garbage").WithDetail(&connect.ErrorDetail{Type: "google.rpc.ErrorInfo", Value: []byte{0xff}}),
	} {
		if got := rpcerror.ReasonOf(err); got != errorv1.Reason_REASON_UNSPECIFIED {
			t.Errorf("%v: reason %s", err, got)
		}
	}
}

func detail[T any](t *testing.T, encoded *connect.ErrorDetail) T {
	t.Helper()
	message, err := connectproto.UnmarshalErrorDetail(encoded)
	if err != nil {
		t.Fatal(err)
	}
	value, ok := any(message).(T)
	if !ok {
		t.Fatalf("got %T", message)
	}
	return value
}

func asError(err error, target **connect.Error) bool { return errors.As(err, target) }
