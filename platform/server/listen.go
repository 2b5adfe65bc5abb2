package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/parleyhq/parley/platform/wire"
)

// Listeners are the open listeners of a server that is not built yet: callers that
// connect wait in the kernel's queue. They pass to the server with Build; without
// it, close them.
type Listeners struct {
	config Config
	tls    *tls.Config
	rpc    *wire.Listener
	admin  net.Listener // nil where it is off
}

// Listen validates the configuration and opens the listeners, or none on an error.
// A program that creates files does so afterwards: a wrong flag or an address that
// is in use then leaves nothing behind.
func Listen(ctx context.Context, config Config) (*Listeners, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	tlsConfig, err := config.tlsConfig()
	if err != nil {
		return nil, err
	}
	var listen net.ListenConfig
	rpc, err := listen.Listen(ctx, "tcp", config.Listen)
	if err != nil {
		return nil, fmt.Errorf("open --listen %s: %w%s", config.Listen, err, inUse(err, "choose --listen 127.0.0.1:0"))
	}
	opened := &Listeners{config: config, tls: tlsConfig, rpc: wire.BatchFrames(rpc)}
	if config.AdminListen == "" {
		return opened, nil
	}
	if opened.admin, err = listen.Listen(ctx, "tcp", config.AdminListen); err != nil {
		return nil, errors.Join(fmt.Errorf("open --admin-listen %s: %w%s", config.AdminListen, err,
			inUse(err, `choose --admin-listen 127.0.0.1:0, or --admin-listen "" for none`)), rpc.Close())
	}
	return opened, nil
}

// Close closes the listeners.
func (l *Listeners) Close() error {
	err := l.rpc.Close()
	if l.admin != nil {
		err = errors.Join(err, l.admin.Close())
	}
	return err
}

// inUse returns what to do about an address that another process has.
func inUse(err error, advice string) string {
	if errors.Is(err, syscall.EADDRINUSE) {
		return "\nIs another server running? Stop it, or " + advice + "."
	}
	return ""
}
