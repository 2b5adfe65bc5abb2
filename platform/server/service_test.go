package server_test

import (
	"errors"
	"log/slog"
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
