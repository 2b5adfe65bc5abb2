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

	"github.com/parleyhq/parley/platform/drain"
)

const (
	// adminShutdown bounds closing the admin listener and flushing telemetry, which
	// come after the drain.
	adminShutdown = 5 * time.Second
	// cutTimeout is how long calls that are cut have to answer, and their callers to
	// read that. It is twice the longest pause between two looks of
	// http.Server.Shutdown, and more than net/http waits for a caller of HTTP/1.1 that
	// goes on sending, half a second, or for one of HTTP/2 that does not close the
	// connection, a second.
	cutTimeout = 2 * time.Second
)

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
		errs = append(errs, err, s.cut())
	case err := <-failed:
		serving--
		errs = append(errs, err, s.cut())
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
		return errors.Join(err, s.cut())
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.config.DrainTimeout)
	defer cancel()
	s.drain()
	shut := make(chan struct{})
	var shutErr error
	go func() {
		defer close(shut)
		shutErr = s.rpc.Shutdown(ctx)
	}()
	select {
	case <-shut:
		if shutErr != nil {
			return errors.Join(ErrCut, s.cut())
		}
		// Shutdown can miss a connection that arrived during its sweep (golang/go#81154).
		err := s.rpc.Close()
		s.rpcListener.Wait(ctx)
		return err
	case err := <-failed:
		cancel()
		<-shut
		return errors.Join(err, s.cut())
	}
}

// cut ends the calls that are open. They answer that the server is shutting down,
// and their callers have cutTimeout to read it. Connections that are open then are
// closed as they are: where the kernel has something that nobody has read, it resets
// the connection, which callers take for anything but a server that goes away.
func (s *Server) cut() error {
	s.health.set(false)
	s.drain()
	s.cutCalls(drain.ErrCut)
	ctx, cancel := context.WithTimeout(context.Background(), cutTimeout)
	defer cancel()
	if err := s.rpc.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("closed connections of calls that did not end, or whose callers did not read the answer")
	}
	err := s.rpc.Close()
	s.rpcListener.Wait(ctx)
	return err
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
