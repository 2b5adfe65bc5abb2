package server

import (
	"context"
	"net/http"
	"sync/atomic"

	connectv1 "connectrpc.com/connect"
	"connectrpc.com/connect/v2"
	"connectrpc.com/grpchealth"
	"connectrpc.com/grpcreflect/v2"

	"github.com/parleyhq/parley/platform/drain"
)

// maxHealthRequest bounds a health request: it holds one service name.
const maxHealthRequest = 4 << 10

// health answers grpc.health.v1.Health and readiness from one state. It is safe
// for concurrent use.
type health struct {
	serving atomic.Bool
	checker *grpchealth.StaticChecker
	names   []string
}

func newHealth(services []Service) *health {
	names := []string{""} // the server as a whole
	for _, service := range services {
		names = append(names, service.Name)
	}
	h := &health{checker: grpchealth.NewStaticChecker(names...), names: names}
	h.set(false)
	return h
}

func (h *health) ready() bool { return h.serving.Load() }

func (h *health) set(serving bool) {
	h.serving.Store(serving)
	status := grpchealth.StatusNotServing
	if serving {
		status = grpchealth.StatusServing
	}
	for _, name := range h.names {
		h.checker.SetStatus(name, status)
	}
}

// handler returns the path and handler of the health service. It is a Connect
// v1 handler outside the interceptor chain: orchestrators ask without identity.
// A Watch returns only when its context ends, so draining ends it.
func (h *health) handler() (string, http.Handler) {
	path, next := grpchealth.NewHandler(h.checker, connectv1.WithReadMaxBytes(maxHealthRequest))
	return path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(drain.Signal(ctx), cancel)()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// reflected lists what reflection names: the registered services and health,
// which is mounted beside them.
type reflected struct {
	rpcs *connect.Server
}

// Names implements [grpcreflect.Namer].
func (r reflected) Names() []string {
	return append(serviceNames(r.rpcs), grpchealth.HealthV1ServiceName)
}

func registerReflection(rpcs *connect.Server) {
	grpcreflect.Register(rpcs, grpcreflect.WithNamer(reflected{rpcs}))
}
