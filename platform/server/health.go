package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	connectv1 "connectrpc.com/connect"
	"connectrpc.com/connect/v2"
	"connectrpc.com/grpchealth"
	"connectrpc.com/grpcreflect/v2"

	"github.com/parleyhq/parley/platform/drain"
)

// maxHealthRequest bounds a health request: it holds one service name.
const maxHealthRequest = 4 << 10

var errNotServing = errors.New("draining or not yet serving")

// health answers grpc.health.v1.Health and readiness from one state. It is safe
// for concurrent use.
type health struct {
	checker *grpchealth.StaticChecker

	mu      sync.Mutex
	serving bool
	names   []string         // of the services
	unready map[string]error // why some are not
}

func newHealth(services []Service) *health {
	h := &health{checker: grpchealth.NewStaticChecker(), unready: make(map[string]error)}
	for _, service := range services {
		h.names = append(h.names, service.Name)
	}
	h.set(false)
	for _, service := range services {
		if service.Unready != nil {
			service.Unready(func(reason error) { h.setUnready(service.Name, reason) })
		}
	}
	return h
}

// ready returns nil, or why the server wants no traffic.
func (h *health) ready() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.serving {
		return errNotServing
	}
	var reasons []error
	for _, name := range h.names {
		if reason := h.unready[name]; reason != nil {
			reasons = append(reasons, fmt.Errorf("%s: %w", name, reason))
		}
	}
	return errors.Join(reasons...)
}

// set says whether the server serves at all.
func (h *health) set(serving bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.serving = serving
	h.tell()
}

func (h *health) setUnready(name string, reason error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if reason == nil {
		delete(h.unready, name)
	} else {
		h.unready[name] = reason
	}
	h.tell()
}

// tell passes on to the health service. The server as a whole has no name.
func (h *health) tell() {
	status := func(ready bool) grpchealth.Status {
		if h.serving && ready {
			return grpchealth.StatusServing
		}
		return grpchealth.StatusNotServing
	}
	h.checker.SetStatus("", status(len(h.unready) == 0))
	for _, name := range h.names {
		h.checker.SetStatus(name, status(h.unready[name] == nil))
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
