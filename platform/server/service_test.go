package server_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"

	"github.com/parleyhq/parley/platform/server"
)

// TestFailedService ends the server, with the failure, and closes the service.
func TestFailedService(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	failed := make(chan error, 1)
	closed := false
	config := server.DefaultConfig()
	config.Listen, config.AdminListen = "127.0.0.1:0", ""
	built, err := server.Build(t.Context(), slog.New(slog.DiscardHandler), server.Info{Name: "test"}, config, server.Service{
		Name: "test.Service", Register: func(*connect.Server) {}, Failed: failed,
		Close: func() error { closed = true; return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	failed <- broken
	if err := built.Run(t.Context()); !errors.Is(err, broken) {
		t.Errorf("Run returned %v", err)
	}
	if !closed {
		t.Error("the service was not closed")
	}
}

// TestUnready holds that a service that cannot do its work makes the server unready, with
// the reason, until it can again.
func TestUnready(t *testing.T) {
	t.Parallel()
	var set func(error)
	built, _ := start(t, nil,
		server.Service{Name: "test.Able", Register: func(*connect.Server) {}},
		server.Service{Name: "test.Unable", Register: func(*connect.Server) {}, Unready: func(f func(error)) { set = f }},
	)
	for _, step := range []struct {
		reason              error
		status              int
		says, whole, unable string
	}{
		{nil, http.StatusOK, "ready", "SERVING", "SERVING"},
		{errors.New("disk is broken"), http.StatusServiceUnavailable, "test.Unable: disk is broken", "NOT_SERVING", "NOT_SERVING"},
		{nil, http.StatusOK, "ready", "SERVING", "SERVING"},
	} {
		set(step.reason)
		if status, body := get(t, "http://"+built.AdminAddr()+"/readyz"); status != step.status || !strings.Contains(body, step.says) {
			t.Errorf("%v: readyz answers %d %q", step.reason, status, body)
		}
		for service, want := range map[string]string{"": step.whole, "test.Unable": step.unable, "test.Able": "SERVING"} {
			res, err := http.Post(built.URL()+"/grpc.health.v1.Health/Check", "application/json", strings.NewReader(`{"service": "`+service+`"}`))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if err != nil || !strings.Contains(string(body), `"SERVING_STATUS_`+want+`"`) {
				t.Errorf("%v: health of %q is %s %v, want %s", step.reason, service, body, err, want)
			}
		}
	}
}
