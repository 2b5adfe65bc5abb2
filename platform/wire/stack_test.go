package wire_test

import (
	"net/http"
	"testing"
	"unsafe"

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

// TestStackStays holds that a handler behind the reserve can use 8 KiB of a fresh
// goroutine's stack without the runtime moving it.
func TestStackStays(t *testing.T) {
	t.Parallel()
	moved := make(chan bool)
	handler := wire.ReserveStack(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { moved <- moves() }))
	go handler.ServeHTTP(nil, nil)
	if <-moved {
		t.Error("the stack has moved")
	}
}

// moves reports whether the stack moves because of a large frame.
//
//go:noinline
func moves() bool {
	var here byte
	before := uintptr(unsafe.Pointer(&here))
	large(1)
	return uintptr(unsafe.Pointer(&here)) != before
}

//go:noinline
func large(n int) byte {
	var frame [8 << 10]byte
	for i := range frame[:n] {
		frame[i] = byte(i)
	}
	return frame[n-1]
}
