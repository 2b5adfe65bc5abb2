package wire_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
)

// transport names how a test's client reaches its server.
type transport string

const (
	http1 transport = "http1"
	h2c   transport = "h2c"
	h2tls transport = "h2tls"
)

// testServer is a real net/http server and a client that speaks to it.
type testServer struct {
	url    string
	addr   string
	client *http.Client
}

func serve(t testing.TB, kind transport, handler http.Handler) testServer {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.Protocols = new(http.Protocols)
	roundTripper := &http.Transport{Protocols: new(http.Protocols)}
	switch kind {
	case http1:
		server.Config.Protocols.SetHTTP1(true)
		roundTripper.Protocols.SetHTTP1(true)
		server.Start()
	case h2c:
		server.Config.Protocols.SetUnencryptedHTTP2(true)
		roundTripper.Protocols.SetUnencryptedHTTP2(true)
		server.Start()
	case h2tls:
		server.Config.Protocols.SetHTTP2(true)
		roundTripper.Protocols.SetHTTP2(true)
		server.EnableHTTP2 = true
		server.StartTLS()
		roundTripper.TLSClientConfig = &tls.Config{
			RootCAs:    server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
			MinVersion: tls.VersionTLS13,
		}
	}
	t.Cleanup(func() {
		roundTripper.CloseIdleConnections()
		server.CloseClientConnections()
		server.Close()
	})
	return testServer{
		url:    server.URL,
		addr:   server.Listener.Addr().(*net.TCPAddr).String(),
		client: &http.Client{Transport: roundTripper},
	}
}

const (
	unaryProcedure  = unaryv1connect.UnaryServiceGetServerResponseProcedure
	bidiProcedure   = bidirectionalv1connect.BidirectionalServiceGetServerResponseProcedure
	streamProcedure = "/parley.unary.v1.UnaryService/Stream"
)

// failWith makes the test handlers fail after the answers to earlier messages.
const failWith = "fail"

type unaryEcho struct{}

func (unaryEcho) GetServerResponse(
	ctx context.Context, req *unaryv1.GetServerResponseRequest,
) (*unaryv1.GetServerResponseResponse, error) {
	if info, ok := connect.CallInfoForServerContext(ctx); ok {
		info.ResponseHeader().Set("x-head", "h")
		info.ResponseTrailer().Set("x-trail", "t")
	}
	if req.GetMessage() == failWith {
		return nil, connect.NewError(connect.CodeAborted, "asked to fail")
	}
	return &unaryv1.GetServerResponseResponse{Message: req.GetMessage(), Received: true}, nil
}

type bidiEcho struct{}

func (bidiEcho) GetServerResponse(
	ctx context.Context, stream bidirectionalv1connect.BidirectionalServiceGetServerResponseServerStream,
) error {
	if info, ok := connect.CallInfoForServerContext(ctx); ok {
		info.ResponseHeader().Set("x-head", "h")
		defer func() { info.ResponseTrailer().Set("x-trail", "t") }()
	}
	for {
		req, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if req.GetMessage() == failWith {
			return connect.NewError(connect.CodeAborted, "asked to fail")
		}
		if err := stream.Send(&bidirectionalv1.GetServerResponseResponse{Message: req.GetMessage()}); err != nil {
			return err
		}
	}
}

// streamAnswers answers one request with as many messages as its text is long.
func streamAnswers(_ context.Context, _ connect.Spec, stream connect.ServerStream) error {
	var req unaryv1.GetServerResponseRequest
	if err := stream.Receive(&req); err != nil {
		return err
	}
	for range len(req.GetMessage()) {
		if err := stream.Send(&unaryv1.GetServerResponseResponse{Message: req.GetMessage()}); err != nil {
			return err
		}
	}
	return nil
}

// rpcs serves the generated services and one server-streaming method.
func rpcs(bidi bidirectionalv1connect.BidirectionalServiceHandler) *http.ServeMux {
	server := connect.NewServer()
	unaryv1connect.RegisterUnaryServiceHandler(server, unaryEcho{})
	bidirectionalv1connect.RegisterBidirectionalServiceHandler(server, bidi)
	server.Register(connect.Method{
		Spec:    connect.Spec{StreamType: connect.StreamTypeServer, Procedure: streamProcedure},
		Handler: streamAnswers,
	})
	mux := http.NewServeMux()
	// Compression would hide how many bytes are sent.
	connecthttp.Mount(mux, server, connecthttp.WithCompressMinBytes(1<<30))
	return mux
}

func bidiClient(server testServer, options ...connecthttp.Option) bidirectionalv1connect.BidirectionalServiceClient {
	return bidirectionalv1connect.NewBidirectionalServiceClient(
		connect.NewClient(connecthttp.NewTransport(server.client, server.url, options...)))
}
