package calls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"connectrpc.com/conformance/internal"
	conformancev1 "connectrpc.com/conformance/internal/gen/proto/go/connectrpc/conformance/v1"
	"connectrpc.com/conformance/internal/gen/proto/go/connectrpc/conformance/v1/conformancev1connect"
	"connectrpc.com/connect/v2"
)

// call is one call and what came of it.
type call struct {
	ctx    context.Context //nolint:containedctx // lives as long as the call
	cancel context.CancelFunc
	client conformancev1connect.ConformanceServiceClient
	req    *conformancev1.ClientCompatRequest
	timing *internal.CancelTiming
	result *conformancev1.ClientResponseResult
}

// Call makes one call. It returns an error only if the request itself makes no
// sense; how the call ended is part of the result.
func (p *Pool) Call(ctx context.Context, req *conformancev1.ClientCompatRequest) (*conformancev1.ClientResponseResult, error) {
	if req.GetService() != conformancev1connect.ConformanceServiceName {
		return nil, fmt.Errorf("unknown service %q", req.GetService())
	}
	transport, err := p.get(req)
	if err != nil {
		return nil, err
	}
	timing, err := internal.GetCancelTiming(req.GetCancel())
	if err != nil {
		return nil, err
	}
	if req.TimeoutMs != nil {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Duration(req.GetTimeoutMs())*time.Millisecond)
		defer stop()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ctx, info := connect.NewClientContext(ctx)
	internal.AddHeaders(req.GetRequestHeaders(), info.RequestHeader())
	c := &call{
		ctx: ctx, cancel: cancel, client: conformancev1connect.NewConformanceServiceClient(transport.Connect()),
		req: req, timing: timing, result: &conformancev1.ClientResponseResult{},
	}
	if err := c.run(); err != nil {
		return nil, err
	}
	c.result.ResponseHeaders = internal.ConvertConnectHeaderToProto(info.ResponseHeader())
	c.result.ResponseTrailers = internal.ConvertConnectHeaderToProto(info.ResponseTrailer())
	return c.result, nil
}

func (c *call) run() error {
	switch c.req.GetMethod() {
	case "Unary":
		return unary(c, &conformancev1.UnaryRequest{}, c.client.Unary)
	case "IdempotentUnary":
		return unary(c, &conformancev1.IdempotentUnaryRequest{}, c.client.IdempotentUnary)
	case "Unimplemented":
		return unary(c, &conformancev1.UnimplementedRequest{}, func(ctx context.Context, req *conformancev1.UnimplementedRequest) (answer, error) {
			_, err := c.client.Unimplemented(ctx, req)
			return &conformancev1.UnaryResponse{}, err // the real one has no payload
		})
	case "ServerStream":
		return c.serverStream()
	case "ClientStream":
		return c.clientStream()
	case "BidiStream":
		return c.bidiStream()
	default:
		return fmt.Errorf("unknown method %q", c.req.GetMethod())
	}
}

// got records a response, and cancels if it is the one to cancel after.
func (c *call) got(payload *conformancev1.ConformancePayload) {
	c.result.Payloads = append(c.result.Payloads, payload)
	if len(c.result.GetPayloads()) == c.timing.AfterNumResponses {
		c.cancel()
	}
}

// ended records how the call ended. The first error is the one that counts.
func (c *call) ended(err error) {
	if err != nil && !errors.Is(err, io.EOF) && c.result.GetError() == nil {
		c.result.Error = internal.ConvertErrorToProtoError(err)
	}
}

// cancelAfterSend cancels, if asked to, some time after everything was sent.
func (c *call) cancelAfterSend() (stop func() bool) {
	if c.timing.AfterCloseSendMs < 0 {
		return func() bool { return false }
	}
	return time.AfterFunc(time.Duration(c.timing.AfterCloseSendMs)*time.Millisecond, c.cancel).Stop
}

// pause waits between requests, as long as the call lasts.
func (c *call) pause() {
	if c.req.GetRequestDelayMs() == 0 {
		return
	}
	timer := time.NewTimer(time.Duration(c.req.GetRequestDelayMs()) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.ctx.Done():
	}
}
