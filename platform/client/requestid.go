package client

import (
	"context"
	"errors"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
)

// requestIDHeader is the response header that names a call in the server's log.
const requestIDHeader = "X-Request-Id"

// nameFailures adds the call's request id to errors of which only the server's log has
// the cause, as a google.rpc.RequestInfo. The call's context must have its CallInfo.
func nameFailures(next connect.ClientFunc) connect.ClientFunc {
	return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
		stream, err := next(ctx, spec)
		if err != nil {
			return nil, err
		}
		info, _ := connect.CallInfoForClientContext(ctx)
		return &namedStream{ClientStream: stream, info: info}, nil
	}
}

type namedStream struct {
	connect.ClientStream

	info *connect.CallInfo
}

func (s *namedStream) Receive(msg any) error {
	err := s.ClientStream.Receive(msg)
	failed, ok := errors.AsType[*connect.Error](err)
	if !ok || failed.Code() != connect.CodeInternal && failed.Code() != connect.CodeUnknown && failed.Code() != connect.CodeDataLoss {
		return err
	}
	id := s.info.ResponseHeader().Get(requestIDHeader)
	if id == "" {
		return err
	}
	detail, detailErr := connectproto.NewErrorDetail(&errdetails.RequestInfo{RequestId: id})
	if detailErr != nil {
		return err
	}
	return failed.WithDetail(detail)
}
