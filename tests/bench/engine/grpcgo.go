package engine

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
)

// newGRPCGo returns a grpc-go server, with its defaults, that answers both echo
// services. The descriptions are what protoc-gen-go-grpc would generate.
func newGRPCGo() *grpc.Server {
	server := grpc.NewServer()
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "parley.unary.v1.UnaryService",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "GetServerResponse", Handler: grpcUnary}},
	}, struct{}{})
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "parley.bidirectional.v1.BidirectionalService",
		HandlerType: (*any)(nil),
		Streams: []grpc.StreamDesc{{
			StreamName: "GetServerResponse", Handler: grpcBidirectional, ServerStreams: true, ClientStreams: true,
		}},
	}, struct{}{})
	return server
}

func grpcUnary(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) { //nolint:revive // grpc-go's order
	req := new(unaryv1.GetServerResponseRequest)
	if err := decode(req); err != nil {
		return nil, err
	}
	return &unaryv1.GetServerResponseResponse{Message: answer(req.GetMessage()), Received: true}, nil
}

func grpcBidirectional(_ any, stream grpc.ServerStream) error {
	for {
		req := new(bidirectionalv1.GetServerResponseRequest)
		err := stream.RecvMsg(req)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.SendMsg(&bidirectionalv1.GetServerResponseResponse{Message: req.GetMessage()}); err != nil {
			return err
		}
	}
}
