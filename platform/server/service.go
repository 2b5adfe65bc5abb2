package server

import (
	"net/http"

	"connectrpc.com/connect/v2"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	"github.com/parleyhq/parley/platform/codec"
	"github.com/parleyhq/parley/platform/interceptor"
)

// Service is one service to serve.
type Service struct {
	// Name is the full name of the Protobuf service, for health and logs.
	Name string
	// Register adds the service's methods. Required.
	Register func(*connect.Server)
	// Aliases are further procedure paths that reach a method of the service:
	// alias to procedure, both as "/package.Service/Method". They are routes, not
	// methods: reflection does not list them.
	Aliases map[string]string
	// Permission, where set, is asked for every decoded request of the service.
	Permission interceptor.MessagePermission
	// Decode, where set, is asked first to decode a binary request: see
	// [codec.Decoder].
	Decode codec.Decoder
	// Precheck, where set, reports that a request certainly keeps the rules of its
	// schema: then they are not run. It must be cheap, safe for concurrent use, and
	// false for every message it does not know.
	Precheck func(proto.Message) bool
	// Collectors are the service's metrics.
	Collectors []prometheus.Collector
	// Failed, where set, receives an error after which the service cannot go on.
	// Run then cuts all calls, as at the end of a drain, and returns it.
	Failed <-chan error
	// Unready, where set, is called once, by Build. The service keeps set and calls it
	// with the reason when it can no longer do its work, and with nil when it can again:
	// until then it, and the server as a whole, are not ready. set may be called
	// concurrently, never blocks, and does nothing once the server has ended.
	Unready func(set func(reason error))
	// Admin are further handlers for the admin listener, by their pattern, such as
	// "POST /backup". That listener knows no identity and drains after the services
	// have closed: a handler decides whom it hears, and expects to be called late.
	Admin map[string]http.Handler
	// Close, where set, releases what the service holds. It is called once, when no
	// calls come any more. Calls that were cut or whose callers have left may run
	// still: what they do with the service then fails, and does no harm.
	Close func() error
}
