package wire_test

import (
	"net/http"
	"testing"

	"connectrpc.com/connect/v2/connecthttp"

	"github.com/parleyhq/parley/platform/wire"
)

// TestReserveStack checks that calls on fresh goroutines work as before.
func TestReserveStack(t *testing.T) {
	t.Parallel()
	for _, kind := range []transport{http1, h2c, h2tls} {
		plain := serve(t, kind, rpcs(bidiEcho{}))
		reserved := serve(t, kind, wire.ReserveStack(rpcs(bidiEcho{})))
		body := encode(t, "application/json", "hello")
		want := post(t, plain, unaryProcedure, "application/json", body)
		got := post(t, reserved, unaryProcedure, "application/json", body)
		if got.Status != http.StatusOK || string(got.Body) != string(want.Body) {
			t.Errorf("%s: got %d %q, want %q", kind, got.Status, got.Body, want.Body)
		}
	}
	server := serve(t, h2c, wire.ReserveStack(wire.Streams(rpcs(bidiEcho{}))))
	stream, err := bidiClient(server, connecthttp.WithGRPC()).GetServerResponse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exchange(t, stream, "hello")
	endStream(t, stream)
}
