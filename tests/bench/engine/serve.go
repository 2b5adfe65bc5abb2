package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
)

var errUnknown = errors.New("no such engine")

// Serve is the server of that name: it serves on a free port, logs the line
// that Start waits for, and ends with the context.
func Serve(ctx context.Context, name string, log io.Writer) error {
	var serve func(net.Listener) error
	var stop func() error
	switch name {
	case GRPCGo:
		server := newGRPCGo()
		serve, stop = server.Serve, func() error { server.Stop(); return nil }
	case NetHTTP:
		server := newNetHTTP()
		serve, stop = server.Serve, server.Close
	default:
		return fmt.Errorf("%w: %s", errUnknown, name)
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve(listener) }()
	slog.New(slog.NewJSONHandler(log, nil)).Info("serving", slog.String("url", "http://"+listener.Addr().String()))
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", name, err)
	case <-ctx.Done():
	}
	err = stop()
	if ended := <-ended; ended != nil && !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// answer is what Parley's unary service answers.
func answer(message string) string {
	return "Hello I am up and running. Received ‘" + message + "’ message from you"
}
