package service

import (
	"context"
	"fmt"
	"time"

	"connectrpc.com/conformance/internal"
	conformancev1 "connectrpc.com/conformance/internal/gen/proto/go/connectrpc/conformance/v1"
	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// record appends a request in the form in which it is echoed.
func record(requests []*anypb.Any, req proto.Message) ([]*anypb.Any, error) {
	echo, err := anypb.New(req)
	if err != nil {
		return nil, fmt.Errorf("record request: %w", err)
	}
	return append(requests, echo), nil
}

// requestInfo tells what the server saw of the call.
func requestInfo(ctx context.Context, requests []*anypb.Any) *conformancev1.ConformancePayload_RequestInfo {
	info, _ := connect.CallInfoForServerContext(ctx)
	seen := &conformancev1.ConformancePayload_RequestInfo{
		RequestHeaders: internal.ConvertConnectHeaderToProto(info.RequestHeader()),
		TimeoutMs:      callerTimeout(ctx, info),
		Requests:       requests,
	}
	transport, _ := connecthttp.ServerInfoForContext(ctx)
	if query := transport.HTTPGetQueryParams(); len(query) > 0 {
		seen.ConnectGetInfo = &conformancev1.ConformancePayload_ConnectGetInfo{
			QueryParams: internal.ConvertToProtoHeader(query),
		}
	}
	return seen
}

// callerTimeout returns what is left of the caller's deadline, or nil if there
// is none: a unary call then still has the server's own.
func callerTimeout(ctx context.Context, info *connect.CallInfo) *int64 {
	header := info.RequestHeader()
	if header.Get("Connect-Timeout-Ms") == "" && header.Get("Grpc-Timeout") == "" {
		return nil
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	return proto.Int64(time.Until(deadline).Milliseconds())
}

// metadata is what both kinds of response definitions have.
type metadata interface {
	GetResponseHeaders() []*conformancev1.Header
	GetResponseTrailers() []*conformancev1.Header
}

func setMetadata(ctx context.Context, definition metadata) {
	info, _ := connect.CallInfoForServerContext(ctx)
	internal.AddHeaders(definition.GetResponseHeaders(), info.ResponseHeader())
	internal.AddHeaders(definition.GetResponseTrailers(), info.ResponseTrailer())
}

// authored makes the error that a definition asks for. If seen is not nil, it
// becomes the last detail.
func authored(failure *conformancev1.Error, seen *conformancev1.ConformancePayload_RequestInfo) error {
	err := internal.ConvertProtoToConnectError(failure)
	if seen == nil {
		return err
	}
	detail, detailErr := connectproto.NewErrorDetail(seen)
	if detailErr != nil {
		return fmt.Errorf("encode request info: %w", detailErr)
	}
	return err.WithDetail(detail)
}

// pause waits, but not longer than the call lasts.
func pause(ctx context.Context, milliseconds uint32) error {
	if milliseconds == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Duration(milliseconds) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
