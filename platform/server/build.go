package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"connectrpc.com/connect/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parleyhq/parley/platform/drain"
	"github.com/parleyhq/parley/platform/identity"
	"github.com/parleyhq/parley/platform/interceptor"
	"github.com/parleyhq/parley/platform/telemetry"
	"github.com/parleyhq/parley/platform/wire"
)

const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	pingAfter         = 30 * time.Second // silence before an HTTP/2 connection is probed
	pingTimeout       = 15 * time.Second
	maxHeaderBytes    = 64 << 10
)

// Server is a built server. Its listeners are open: callers that connect before
// Run wait in the kernel's queue.
type Server struct {
	config    Config
	log       *slog.Logger
	telemetry *telemetry.Telemetry
	services  []Service
	health    *health

	rpc           *http.Server
	admin         *http.Server // nil where the admin listener is off
	rpcListener   *wire.Listener
	adminListener net.Listener

	drain    context.CancelFunc
	cutCalls context.CancelCauseFunc

	// reserve is read by nobody. It lives as long as the server.
	reserve [][]byte
}

// Info describes the program that serves.
type Info struct {
	// Name and Version appear in telemetry and on the server's front page.
	Name, Version string
}

// Build is [Listen] and [Listeners.Build] in one, for services that leave nothing
// behind when there is no server in the end.
func Build(ctx context.Context, log *slog.Logger, info Info, config Config, services ...Service) (*Server, error) {
	listeners, err := Listen(ctx, config)
	if err != nil {
		return nil, err
	}
	return listeners.Build(ctx, log, info, services...)
}

// Build constructs the server. On an error nothing stays open. Closing the
// listeners and the services passes to the returned server; on an error closing the
// services stays with the caller. It sets the process's GOGC to 50, unless the
// environment or the program has chosen one, or a memory limit.
func (l *Listeners) Build(ctx context.Context, log *slog.Logger, info Info, services ...Service) (*Server, error) {
	server, err := l.build(ctx, log, info, services)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return server, nil
}

func (l *Listeners) build(ctx context.Context, log *slog.Logger, info Info, services []Service) (*Server, error) {
	config := l.config
	signals, err := telemetry.New(ctx, info.Name, info.Version)
	if err != nil {
		return nil, err
	}
	if err := registerMetrics(signals.Registry, services); err != nil {
		return nil, errors.Join(err, signals.Shutdown(ctx))
	}
	rpcs, err := newRPCServer(log, config, signals, services)
	if err != nil {
		return nil, errors.Join(err, signals.Shutdown(ctx))
	}
	draining, startDrain := context.WithCancel(context.Background())
	calls, cutCalls := context.WithCancelCause(drain.NewContext(context.Background(), draining))
	server := &Server{
		config: config, log: log, telemetry: signals, services: services,
		health: newHealth(services), drain: startDrain, cutCalls: cutCalls,
		rpcListener: l.rpc, adminListener: l.admin,
		reserve: reserveHeap(),
	}
	server.rpc = &http.Server{
		Handler:           newHandler(log, config, info, rpcs, server.health, services),
		TLSConfig:         l.tls,
		Protocols:         protocols(l.tls != nil),
		HTTP2:             http2Config(config),
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnContext:       wire.ConnContext,
		BaseContext:       func(net.Listener) context.Context { return calls },
	}
	if l.admin != nil {
		server.admin = newAdmin(log, signals.Registry, server.health, services)
	}
	return server, nil
}

// newRPCServer puts every service behind the one interceptor chain.
func newRPCServer(log *slog.Logger, config Config, signals *telemetry.Telemetry, services []Service) (*connect.Server, error) {
	validator, err := interceptor.NewValidator()
	if err != nil {
		return nil, err
	}
	rpcs := connect.NewServer(interceptor.Chain(interceptor.Options{
		Log:               log,
		AccessLog:         config.AccessLog,
		Telemetry:         signals.Interceptor,
		Authenticator:     identity.Anonymous{},
		UnaryTimeout:      config.UnaryTimeout,
		MessagePermission: permissions(services),
		Validator:         precheck(validator, services),
	})...)
	rpcs.SetUnknownHandler(interceptor.Unknown)
	for _, service := range services {
		service.Register(rpcs)
	}
	registerReflection(rpcs)
	return rpcs, nil
}

func registerMetrics(registry prometheus.Registerer, services []Service) error {
	for _, service := range services {
		for _, collector := range service.Collectors {
			if err := registry.Register(collector); err != nil {
				return fmt.Errorf("register metrics of %s: %w", service.Name, err)
			}
		}
	}
	return nil
}

func protocols(encrypted bool) *http.Protocols {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(encrypted)
	protocols.SetUnencryptedHTTP2(!encrypted)
	return protocols
}

func http2Config(config Config) *http.HTTP2Config {
	return &http.HTTP2Config{
		MaxConcurrentStreams: config.MaxStreams,
		SendPingTimeout:      pingAfter,
		PingTimeout:          pingTimeout,
		WriteByteTimeout:     config.StallTimeout,
	}
}

// Addr returns the address RPCs are served on, with the real port.
func (s *Server) Addr() string { return s.rpcListener.Addr().String() }

// URL returns the base URL for clients on this machine.
func (s *Server) URL() string {
	if s.config.TLSCert != "" {
		return "https://" + s.Addr()
	}
	return "http://" + s.Addr()
}

// AdminAddr returns the address of the admin listener, or "" where it is off.
func (s *Server) AdminAddr() string {
	if s.adminListener == nil {
		return ""
	}
	return s.adminListener.Addr().String()
}
