package wire_test

import (
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/parleyhq/parley/platform/wire"
)

// TestLastBytes sends an HTTP/1.1 client bytes that look like the acknowledgement of
// a ping in HTTP/2, as the last before the connection ends: nothing follows that
// could carry them.
func TestLastBytes(t *testing.T) {
	t.Parallel()
	const last = "\x00\x00\x08\x06\x01\x00\x00\x00\x00" + "12345678"
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		ConnContext: wire.ConnContext,
		Handler: wire.Streams(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "17")
			w.Header().Set("Connection", "close")
			control := http.NewResponseController(w)
			_ = control.Flush()
			_, _ = io.WriteString(w, last)
			_ = control.Flush()
		})),
	}
	served := make(chan error)
	go func() { served <- server.Serve(wire.BatchFrames(listener)) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
	})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 50 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || string(got) != last {
			t.Fatalf("the client read %q, %v", got, err)
		}
	}
}
