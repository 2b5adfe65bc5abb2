package server_test

import (
	"context"
	"net/http"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
	"github.com/parleyhq/parley/platform/server"
)

type connectServer = connect.Server

// hanging returns a service whose call reports that it was entered and then
// waits for its context, as a call does whose work takes too long.
func hanging(entered chan<- struct{}) server.Service {
	return server.Service{
		Name: unaryv1connect.UnaryServiceName,
		Register: func(rpcs *connect.Server) {
			unaryv1connect.RegisterUnaryServiceHandler(rpcs, hangingHandler{entered: entered})
		},
	}
}

type hangingHandler struct {
	unaryv1connect.UnimplementedUnaryServiceHandler

	entered chan<- struct{}
}

func (h hangingHandler) GetServerResponse(ctx context.Context, _ *unaryv1.GetServerResponseRequest) (*unaryv1.GetServerResponseResponse, error) {
	close(h.entered)
	<-ctx.Done()
	return nil, ctx.Err()
}

// callHanging calls over HTTP/2, or HTTP/1.1 if told so.
func callHanging(url string, http1 bool) error {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(!http1)
	protocols.SetHTTP1(http1)
	transport := &http.Transport{Protocols: protocols}
	defer transport.CloseIdleConnections()
	client := connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: transport}, url))
	_, err := unaryv1connect.NewUnaryServiceClient(client).GetServerResponse(context.Background(), &unaryv1.GetServerResponseRequest{Message: "x"})
	return err
}
