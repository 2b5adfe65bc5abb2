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

// running is a server that serves.
type running struct {
	url string
	// ended gets the error of a server that ends by itself. May be nil.
	ended <-chan error
	// stop ends the server and waits for its end.
	stop func() error
}

// Serve is the server of that name: it serves on a free port, stores what it
// stores in the working directory, logs the line that Start waits for, and ends
// with the context.
func Serve(ctx context.Context, name string, log io.Writer) error {
	server, err := start(ctx, name)
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	slog.New(slog.NewJSONHandler(log, nil)).Info("serving", slog.String("url", server.url))
	select {
	case err := <-server.ended:
		return fmt.Errorf("serve %s: %w", name, err)
	case <-ctx.Done():
		return server.stop()
	}
}

func start(ctx context.Context, name string) (running, error) {
	switch name {
	case GRPCGo:
		server := newGRPCGo()
		return listen(ctx, server.Serve, func() error { server.Stop(); return nil })
	case NetHTTP:
		server := newNetHTTP()
		return listen(ctx, server.Serve, server.Close)
	case Pebble:
		return startPebble(ctx)
	case JSONFeed:
		server := newJSONFeed()
		return listen(ctx, server.Serve, server.Close)
	case NATS:
		return startNATS(false)
	case NATSSynced:
		return startNATS(true)
	default:
		return running{}, fmt.Errorf("%w: %s", errUnknown, name)
	}
}

// listen runs a server on a free port.
func listen(ctx context.Context, serve func(net.Listener) error, stop func() error) (running, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return running{}, fmt.Errorf("listen: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve(listener) }()
	return running{
		url:   "http://" + listener.Addr().String(),
		ended: ended,
		stop: func() error {
			err := stop()
			if ended := <-ended; ended != nil && !errors.Is(ended, http.ErrServerClosed) {
				err = errors.Join(err, ended)
			}
			return err
		},
	}, nil
}

// answer is what Parley's unary service answers.
func answer(message string) string {
	return "Hello I am up and running. Received ‘" + message + "’ message from you"
}
