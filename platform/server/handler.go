package server

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strings"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/parleyhq/parley/platform/codec"
	"github.com/parleyhq/parley/platform/grpcwebtext"
	"github.com/parleyhq/parley/platform/identity"
	"github.com/parleyhq/parley/platform/interceptor"
	"github.com/parleyhq/parley/platform/wire"
)

// compressFrom is the smallest response worth compressing, in bytes: below it
// gzip costs more than it saves.
const compressFrom = 1 << 10

// newHandler builds what the RPC listener serves, outermost first: the host and
// origin checks, cheaper streams, gRPC-Web's text mode, then the routes.
func newHandler(log *slog.Logger, config Config, info Info, rpcs *connect.Server, health *health, services []Service) http.Handler {
	routes := newRoutes(config, rpcs, services)
	for _, service := range services {
		for alias, procedure := range service.Aliases {
			routes.add(alias, routes.handlers[procedure])
		}
	}
	routes.mux.Handle(health.handler())
	routes.mux.Handle("/", frontPage(info, routes.unknown))
	streams := wire.Streams(grpcwebtext.Handler(routes), wire.WithStallTimeout(config.StallTimeout))
	refused := newRefusals(log)
	return wire.ReserveStack(checkHost(config, refused, crossOrigin(config, refused, streams)))
}

// routes is the mux of all procedures. It remembers handlers by procedure: an alias
// is another route to the same handler, and a path that names one needs no search.
type routes struct {
	mux      *http.ServeMux
	methods  map[string]*connect.Spec
	handlers map[string]http.Handler
	unknown  http.Handler
}

func newRoutes(config Config, rpcs *connect.Server, services []Service) *routes {
	var decoders []codec.Decoder
	for _, service := range services {
		if service.Decode != nil {
			decoders = append(decoders, service.Decode)
		}
	}
	routes := &routes{mux: http.NewServeMux(), handlers: make(map[string]http.Handler), methods: make(map[string]*connect.Spec)}
	for method := range rpcs.Specs() {
		routes.methods[method.Procedure] = &method
	}
	connecthttp.Mount(routes, rpcs,
		connecthttp.WithCodecs(codec.Server(decoders...)...),
		connecthttp.WithReadMaxBytes(config.MaxMessageBytes),
		connecthttp.WithCompressMinBytes(compressFrom),
		connecthttp.WithConditionalOptions(uncompressedStreams),
	)
	return routes
}

// uncompressedStreams leaves streamed responses uncompressed: a feed would be
// compressed once for each of its subscribers.
func uncompressedStreams(spec connect.Spec) []connecthttp.Option {
	if spec.StreamType&connect.StreamTypeServer == 0 {
		return nil
	}
	return []connecthttp.Option{connecthttp.WithCompressMinBytes(math.MaxInt)}
}

// Handle implements [connecthttp.ServeMux]. Patterns ending in a slash are the
// handlers for unknown methods of a known service. They act on the request's
// path alone, so any one of them serves unknown services too.
func (r *routes) Handle(pattern string, handler http.Handler) {
	unknown := strings.HasSuffix(pattern, "/")
	if unknown {
		handler = answerOnHTTP1(handler)
	}
	handler = checkContentType(r.methods[pattern], checkProtocol(r.methods[pattern], handler))
	if unknown {
		r.unknown = handler
	}
	r.add(pattern, handler)
}

func (r *routes) add(pattern string, handler http.Handler) {
	r.handlers[pattern] = handler
	r.mux.Handle(pattern, handler)
}

// ServeHTTP implements [http.Handler]. The mux has the same routes; it takes a
// microsecond to find one.
func (r *routes) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if handler := r.handlers[req.URL.Path]; handler != nil {
		handler.ServeHTTP(w, req)
		return
	}
	r.mux.ServeHTTP(w, req)
}

// answerOnHTTP1 makes the handler for unknown methods answer on HTTP/1.1 too. It
// counts as bidirectional, which Connect refuses there with an empty 505, but it
// only ever writes an error.
func answerOnHTTP1(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 1 {
			r = r.WithContext(r.Context()) // a copy of our own
			r.ProtoMajor, r.ProtoMinor = 2, 0
		}
		next.ServeHTTP(w, r)
	})
}

// permissions joins the services' permission checks into one, or nil where no
// service has one.
func permissions(services []Service) interceptor.MessagePermission {
	byService := make(map[string]interceptor.MessagePermission)
	for _, service := range services {
		if service.Permission != nil {
			byService[service.Name] = service.Permission
		}
	}
	if len(byService) == 0 {
		return nil
	}
	return func(ctx context.Context, caller identity.Principal, spec connect.Spec, request any) error {
		name, _, _ := strings.Cut(strings.TrimPrefix(spec.Procedure, "/"), "/")
		if permit := byService[name]; permit != nil {
			return permit(ctx, caller, spec, request)
		}
		return nil
	}
}

// serviceNames returns the full names of all registered services, sorted.
func serviceNames(rpcs *connect.Server) []string {
	var names []string
	for spec := range rpcs.Specs() {
		name, _, _ := strings.Cut(strings.TrimPrefix(spec.Procedure, "/"), "/")
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
