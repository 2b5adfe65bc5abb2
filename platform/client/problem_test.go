package client_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"connectrpc.com/connect/v2"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/parleyhq/parley/platform/client"
)

func TestExplainOverEveryProtocol(t *testing.T) {
	t.Parallel()
	answer := withDetail(t, connect.NewError(connect.CodeInvalidArgument, "the request is not valid"),
		&errdetails.ErrorInfo{Domain: "parley", Reason: "INVALID_FIELD"},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "messages[0].key", Description: "is too long"}, {Description: "says nothing"},
		}},
		&validate.Violations{Violations: []*validate.Violation{{Message: new("repeats the above")}}},
		&errdetails.RetryInfo{RetryDelay: durationpb.New(1500 * time.Millisecond)},
		&errdetails.RequestInfo{RequestId: "r-1"},
	)
	want := client.Problem{
		Code: connect.CodeInvalidArgument, Message: "the request is not valid",
		Reason: "INVALID_FIELD", Domain: "parley",
		Fields:     []client.FieldViolation{{Field: "messages[0].key", Description: "is too long"}, {Description: "says nothing"}},
		RetryDelay: 1500 * time.Millisecond, RequestID: "r-1",
	}
	const text = `invalid_argument: the request is not valid (INVALID_FIELD)
  messages[0].key: is too long
  says nothing
  try again in 1.5s
  request id: r-1`
	server := startServer(t, serverOptions{answer: func(int64) error { return answer }})
	for _, protocol := range []client.Protocol{client.ProtocolConnect, client.ProtocolGRPC, client.ProtocolGRPCWeb} {
		c := newClient(t, client.Config{Addresses: []string{server.url()}, Protocol: protocol})
		got := client.Explain(echo(t.Context(), c, "x"))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", protocol, got, want)
		}
		if got.String() != text {
			t.Errorf("%s:\n%s", protocol, got)
		}
	}
}

func TestExplainOtherErrors(t *testing.T) {
	t.Parallel()
	violations := withDetail(t, connect.NewError(connect.CodeInvalidArgument, "no"), &validate.Violations{Violations: []*validate.Violation{{
		Field: &validate.FieldPath{Elements: []*validate.FieldPathElement{
			{FieldName: new("messages"), Subscript: &validate.FieldPathElement_Index{Index: 2}}, {FieldName: new("key")},
		}},
		Message: new("is required"),
	}}})
	twice := func(text string) error {
		return withDetail(t, connect.NewError(connect.CodeInvalidArgument, text), &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "topic.name", Description: "is too long"}, {Field: "topic.labels", Description: "are too many"},
		}})
	}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"said in the message": {twice("topic.name: is too long (and 1 more)"), "invalid_argument: topic.name: is too long (and 1 more)\n  topic.labels: are too many"},
		"said in part":        {twice("topic.name: is too long for you"), "invalid_argument: topic.name: is too long for you\n  topic.name: is too long\n  topic.labels: are too many"},
		"nil":                 {nil, ""},
		"foreign":             {errors.New("disk on fire"), "unknown: disk on fire"},
		"canceled":            {fmt.Errorf("read orders: %w", context.Canceled), "canceled: read orders: context canceled"},
		"late":                {context.DeadlineExceeded, "deadline_exceeded: context deadline exceeded"},
		"violations":          {violations, "invalid_argument: no\n  messages[2].key: is required"},
		"closed":              {&client.TransportError{Err: client.ErrClosed}, "unavailable: client is closed"},
	} {
		if got := client.Explain(test.err).String(); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// TestRequestID finds a failure in the server's log: the message of an INTERNAL error
// sends people there. Other errors say themselves what is wrong.
func TestRequestID(t *testing.T) {
	t.Parallel()
	for _, protocol := range []client.Protocol{client.ProtocolConnect, client.ProtocolGRPC, client.ProtocolGRPCWeb} {
		for _, test := range []struct {
			code connect.Code
			want string
		}{{connect.CodeInternal, requestID}, {connect.CodeUnknown, requestID}, {connect.CodeNotFound, ""}} {
			s := startServer(t, serverOptions{answer: func(int64) error { return connect.NewError(test.code, "as asked") }})
			c := newClient(t, client.Config{Addresses: []string{s.hostPort}, Protocol: protocol})
			problem := client.Explain(echo(t.Context(), c, "x"))
			if problem.Code != test.code || problem.Message != "as asked" || problem.RequestID != test.want {
				t.Errorf("%s: got %+v, want %v with the request id %q", protocol, problem, test.code, test.want)
			}
		}
	}
}
