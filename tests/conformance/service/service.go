package service

import (
	"context"
	"errors"
	"io"

	conformancev1 "connectrpc.com/conformance/internal/gen/proto/go/connectrpc/conformance/v1"
	"connectrpc.com/conformance/internal/gen/proto/go/connectrpc/conformance/v1/conformancev1connect"
	"connectrpc.com/connect/v2"
	"github.com/parleyhq/parley/platform/server"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// New returns the service. It keeps no state and is safe for concurrent use.
func New() server.Service {
	return server.Service{
		Name: conformancev1connect.ConformanceServiceName,
		Register: func(rpcs *connect.Server) {
			conformancev1connect.RegisterConformanceServiceHandler(rpcs, handler{})
		},
	}
}

// handler inherits Unimplemented, which the suite wants unimplemented.
type handler struct {
	conformancev1connect.UnimplementedConformanceServiceHandler
}

func (handler) Unary(ctx context.Context, req *conformancev1.UnaryRequest) (*conformancev1.UnaryResponse, error) {
	payload, err := answerOne(ctx, req.GetResponseDefinition(), req)
	if err != nil {
		return nil, err
	}
	return &conformancev1.UnaryResponse{Payload: payload}, nil
}

func (handler) IdempotentUnary(ctx context.Context, req *conformancev1.IdempotentUnaryRequest) (*conformancev1.IdempotentUnaryResponse, error) {
	payload, err := answerOne(ctx, req.GetResponseDefinition(), req)
	if err != nil {
		return nil, err
	}
	return &conformancev1.IdempotentUnaryResponse{Payload: payload}, nil
}

func (handler) ClientStream(ctx context.Context, stream conformancev1connect.ConformanceServiceClientStreamServerStream) (*conformancev1.ClientStreamResponse, error) {
	var (
		definition *conformancev1.UnaryResponseDefinition
		requests   []*anypb.Any
	)
	for {
		req, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(requests) == 0 { // later definitions do not count
			definition = req.GetResponseDefinition()
		}
		if requests, err = record(requests, req); err != nil {
			return nil, err
		}
	}
	payload, err := answer(ctx, definition, requests)
	if err != nil {
		return nil, err
	}
	return &conformancev1.ClientStreamResponse{Payload: payload}, nil
}

func answerOne(ctx context.Context, definition *conformancev1.UnaryResponseDefinition, req proto.Message) (*conformancev1.ConformancePayload, error) {
	requests, err := record(nil, req)
	if err != nil {
		return nil, err
	}
	return answer(ctx, definition, requests)
}

// answer does what the definition, which may be nil, asks of a call with one
// response.
func answer(ctx context.Context, definition *conformancev1.UnaryResponseDefinition, requests []*anypb.Any) (*conformancev1.ConformancePayload, error) {
	setMetadata(ctx, definition)
	seen := requestInfo(ctx, requests)
	if err := pause(ctx, definition.GetResponseDelayMs()); err != nil {
		return nil, err
	}
	if definition.GetError() != nil {
		return nil, authored(definition.GetError(), seen)
	}
	return &conformancev1.ConformancePayload{Data: definition.GetResponseData(), RequestInfo: seen}, nil
}
