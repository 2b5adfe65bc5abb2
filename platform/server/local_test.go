package server_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/platform/server"
)

func TestLocalOnly(t *testing.T) {
	t.Parallel()
	handler := server.LocalOnly(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for name, test := range map[string]struct {
		peer, host, header, value string
		code                      int
	}{
		"this machine":      {peer: "127.0.0.1:4711", host: "127.0.0.1:8081", code: http.StatusOK},
		"IPv6":              {peer: "[::1]:4711", host: "[::1]:8081", code: http.StatusOK},
		"IPv6, port 80":     {peer: "[::1]:4711", host: "[::1]", code: http.StatusOK},
		"a typed address":   {peer: "127.0.0.1:4711", host: "localhost:8081", header: "Sec-Fetch-Site", value: "none", code: http.StatusOK},
		"another machine":   {peer: "192.0.2.1:4711", host: "127.0.0.1:8081", code: http.StatusForbidden},
		"another name":      {peer: "127.0.0.1:4711", host: "evil.example", code: http.StatusForbidden},
		"a page":            {peer: "127.0.0.1:4711", host: "127.0.0.1:8081", header: "Origin", value: "null", code: http.StatusForbidden},
		"a page's resource": {peer: "127.0.0.1:4711", host: "127.0.0.1:8081", header: "Sec-Fetch-Site", value: "cross-site", code: http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+test.host+"/", nil)
			req.RemoteAddr = test.peer
			if test.header != "" {
				req.Header.Set(test.header, test.value)
			}
			res := httptest.NewRecorder()
			handler.ServeHTTP(res, req)
			if res.Code != test.code {
				t.Errorf("HTTP %d %s, want %d", res.Code, res.Body, test.code)
			}
		})
	}
}

// A service that fails while the server drains ends the drain with its error. Its
// callers are told that the server goes away, not that they gave up.
func TestFailureDuringDrain(t *testing.T) {
	t.Parallel()
	for _, http1 := range []bool{false, true} {
		entered, failed := make(chan struct{}), make(chan error, 1)
		service := hanging(entered)
		service.Failed = failed
		built, stop := start(t, func(c *server.Config) { c.DrainTimeout = time.Hour }, service)
		answered := make(chan error, 1)
		go func() { answered <- callHanging(built.URL(), http1) }()
		<-entered
		broken := errors.New("broken")
		stopped := make(chan error, 1)
		go func() { stopped <- stop() }()
		failed <- broken
		if err := <-stopped; !errors.Is(err, broken) {
			t.Errorf("got %v, want the service's error", err)
		}
		if err := <-answered; rpcerror.ReasonOf(err) != errorv1.Reason_REASON_SERVER_DRAINING {
			t.Errorf("HTTP/1.1 %v: the call ended with %v, want SERVER_DRAINING", http1, err)
		}
	}
}
