// Package unary answers one message with one message: the smallest Parley
// service. It answers "is the server up?" and is the template for new services
// of one request and one response.
package unary

import (
	"context"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
	"github.com/parleyhq/parley/platform/server"
)

// classicProcedure is the name in the classic tutorial schema, whose messages
// have the same field numbers: stubs generated from it work unmodified.
const classicProcedure = "/unary.Unary/GetServerResponse"

// New returns the service for [server.Build].
func New() server.Service {
	return server.Service{
		Name:     unaryv1connect.UnaryServiceName,
		Register: Register,
		Aliases:  map[string]string{classicProcedure: unaryv1connect.UnaryServiceGetServerResponseProcedure},
		Precheck: certainlyValid,
	}
}

// certainlyValid spares most requests the rules of the schema, which it repeats
// in part: TestPrecheck holds it to them.
func certainlyValid(request proto.Message) bool {
	req, ok := request.(*unaryv1.GetServerResponseRequest)
	return ok && req.GetMessage() != "" && len(req.GetMessage()) <= 1<<16
}

// Register adds the service's methods to a Connect server.
func Register(rpcs *connect.Server) {
	unaryv1connect.RegisterUnaryServiceHandler(rpcs, handler{})
}

// handler keeps no state and is safe for concurrent use.
type handler struct {
	unaryv1connect.UnimplementedUnaryServiceHandler
}

// GetServerResponse implements the RPC of the same name.
func (handler) GetServerResponse(_ context.Context, req *unaryv1.GetServerResponseRequest) (*unaryv1.GetServerResponseResponse, error) {
	return &unaryv1.GetServerResponseResponse{
		Message:  "Hello I am up and running. Received ‘" + req.GetMessage() + "’ message from you",
		Received: true,
	}, nil
}
