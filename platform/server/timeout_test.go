package server_test

import (
	"net/http"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/platform/server"
)

// A timeout that cannot be read is refused with a reason, in every protocol; one that
// can be is obeyed. The service has no method, which is the answer to all others.
func TestTimeoutHeader(t *testing.T) {
	t.Parallel()
	built, _ := start(t, nil, server.Service{
		Name: unaryv1connect.UnaryServiceName,
		Register: func(rpcs *connectServer) {
			unaryv1connect.RegisterUnaryServiceHandler(rpcs, unaryv1connect.UnimplementedUnaryServiceHandler{})
		},
	})
	wrong := map[string][]string{
		"Connect-Timeout-Ms": {"-5", "abc", "1s", "99999999999", "99999999999999999999"},
		"Grpc-Timeout":       {"abc", "5", "-5S", "S", "5s", "100000000S", "99999999999999999999S"},
	}
	right := map[string][]string{
		"Connect-Timeout-Ms": {"1000", "9999999999", "0000001000"},
		"Grpc-Timeout":       {"1S", "99999999H", "99999999S", "1000m", "1000000u", "99999999n", "1M", "1H"},
	}
	for protocol, options := range map[string][]connecthttp.Option{
		"Connect": nil, "gRPC": {connecthttp.WithGRPC()}, "gRPC-Web": {connecthttp.WithGRPCWeb()},
	} {
		header := "Connect-Timeout-Ms"
		if protocol != "Connect" {
			header = "Grpc-Timeout"
		}
		call := func(value string) error {
			protocols := new(http.Protocols)
			protocols.SetUnencryptedHTTP2(true)
			transport := &http.Transport{Protocols: protocols}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: withHeader{transport, header, value}}
			calls := connect.NewClient(connecthttp.NewTransport(client, built.URL(), options...))
			_, err := unaryv1connect.NewUnaryServiceClient(calls).GetServerResponse(t.Context(), &unaryv1.GetServerResponseRequest{Message: "x"})
			return err
		}
		for _, value := range wrong[header] {
			if err := call(value); connect.CodeOf(err) != connect.CodeInvalidArgument || rpcerror.ReasonOf(err) != errorv1.Reason_REASON_PROTOCOL_ERROR {
				t.Errorf("%s, %s %q: got %v, want INVALID_ARGUMENT and a reason", protocol, header, value, err)
			}
		}
		for _, value := range right[header] {
			if err := call(value); connect.CodeOf(err) != connect.CodeUnimplemented {
				t.Errorf("%s, %s %q: got %v, want that it is accepted", protocol, header, value, err)
			}
		}
	}
}

// withHeader sets a header of each request, over that of the client.
type withHeader struct {
	http.RoundTripper

	name, value string
}

func (h withHeader) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set(h.name, h.value)
	return h.RoundTripper.RoundTrip(req)
}
