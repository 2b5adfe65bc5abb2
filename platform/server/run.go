package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"
)

// adminShutdown bounds closing the admin listener and flushing telemetry, which
// come after the drain.
const adminShutdown = 5 * time.Second

// ErrCut is returned by [Server.Run] when calls were still open after
// DrainTimeout and had to be cut.
var ErrCut = errors.New("calls were cut: they did not end within the drain timeout")

// Run serves until ctx ends, drains, and releases everything, services
// included. It returns nil after a clean drain. Run may be called once.
func (s *Server) Run(ctx context.Context) error {
	failed := make(chan error, 2)
	serving := 1
	services, stopWatching := watch(s.services)
	defer stopWatching()
	defer collectAtRest()()
	go func() { failed <- serve(s.rpc, s.rpcListener) }()
	if s.admin != nil {
		serving++
		go func() { failed <- serve(s.admin, s.adminListener) }()
	}
	s.health.set(true)
	s.log.Info("serving", slog.String("url", s.URL()), slog.String("admin", s.AdminAddr()))

	var errs []error
	select {
	case <-ctx.Done():
		errs = append(errs, s.drainCalls(services))
	case err := <-services:
		s.health.set(false)
		s.drain()
		errs = append(errs, err, s.rpc.Close())
	case err := <-failed:
		serving--
		s.drain()
		errs = append(errs, err, s.rpc.Close())
	}
	errs = append(errs, s.release())
	for range serving {
		errs = append(errs, <-failed)
	}
	runtime.KeepAlive(s.reserve)
	return errors.Join(errs...)
}

// watch returns a channel with the first failure of a service.
func watch(services []Service) (failed <-chan error, stop func()) {
	first := make(chan error, len(services))
	stopped := make(chan struct{})
	var watchers sync.WaitGroup
	for _, service := range services {
		if service.Failed == nil {
			continue
		}
		watchers.Go(func() {
			select {
			case err := <-service.Failed:
				first <- fmt.Errorf("%s: %w", service.Name, err)
			case <-stopped:
			}
		})
	}
	return first, func() {
		close(stopped)
		watchers.Wait()
	}
}

func serve(server *http.Server, listener net.Listener) error {
	serve := server.Serve
	if server.TLSConfig != nil {
		serve = func(listener net.Listener) error { return server.ServeTLS(listener, "", "") }
	}
	if err := serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	}
	return nil
}

// drainCalls ends what is open in the order the package comment gives. A service
// that fails meanwhile ends the drain: its calls cannot succeed any more.
func (s *Server) drainCalls(failed <-chan error) error {
	s.log.Info("draining", slog.Duration("delay", s.config.DrainDelay), slog.Duration("timeout", s.config.DrainTimeout))
	s.health.set(false)
	select {
	case <-time.After(s.config.DrainDelay): // a second signal ends the process
	case err := <-failed:
		s.drain()
		return errors.Join(err, s.rpc.Close())
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.config.DrainTimeout)
	defer cancel()
	s.drain()
	shut := make(chan error, 1)
	go func() { shut <- s.rpc.Shutdown(ctx) }()
	select {
	case err := <-shut:
		if err != nil {
			return errors.Join(ErrCut, s.rpc.Close())
		}
		// Shutdown can miss a connection that arrived during its sweep (golang/go#81154).
		return s.rpc.Close()
	case err := <-failed:
		cancel()
		return errors.Join(err, s.rpc.Close(), <-shut)
	}
}

// release closes what the server holds, services last opened first.
func (s *Server) release() error {
	errs := []error{Close(s.services)}
	ctx, cancel := context.WithTimeout(context.Background(), adminShutdown)
	defer cancel()
	if s.admin != nil {
		errs = append(errs, s.admin.Shutdown(ctx), s.admin.Close())
	}
	errs = append(errs, s.telemetry.Shutdown(ctx))
	s.log.Info("stopped")
	return errors.Join(errs...)
}

// Close closes services, the last one first. [Server.Run] does that by itself;
// it is for services that were not served after all.
func Close(services []Service) error {
	var errs []error
	for _, service := range slices.Backward(services) {
		if service.Close == nil {
			continue
		}
		if err := service.Close(); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", service.Name, err))
		}
	}
	return errors.Join(errs...)
}
