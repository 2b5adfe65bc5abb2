package interceptor

import (
	"context"
	"log/slog"
	"time"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"connectrpc.com/validate"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/identity"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// Options configures [Chain].
type Options struct {
	// Log receives the access log. Required.
	Log *slog.Logger
	// AccessLog chooses which calls are logged. The zero value logs failures.
	AccessLog AccessLog
	// Telemetry observes every call, outermost. Nil observes nothing.
	Telemetry connect.ServerInterceptor
	// Authenticator identifies callers. Required.
	Authenticator identity.Authenticator
	// UnaryTimeout bounds a call with one request and one response, reading the
	// request included; the answer must be read five seconds later. Zero means no
	// bound; a shorter deadline of the caller wins.
	UnaryTimeout time.Duration
	// MessagePermission, where set, is asked for every decoded request.
	MessagePermission MessagePermission
	// Validator checks requests against the rules of their schema. Required.
	Validator protovalidate.Validator
}

// Chain returns the interceptors of a Parley server, outermost first, for
// connect.NewServer. They are safe for concurrent use and keep no state between
// calls.
func Chain(opts Options) []connect.ServerInterceptor {
	var chain []connect.ServerInterceptor
	if opts.Telemetry != nil {
		chain = append(chain, opts.Telemetry)
	}
	chain = append(chain,
		accessLog(opts.Log, opts.AccessLog),
		noStore(),
		recoverPanic(),
		rpcerror.Interceptor(),
		authenticate(opts.Authenticator),
		limit(opts.UnaryTimeout),
	)
	if opts.MessagePermission != nil {
		chain = append(chain, permitMessages(opts.MessagePermission))
	}
	return append(chain, validate.NewServerInterceptor(validate.WithValidator(opts.Validator)))
}

// Unknown is the [connect.ServerFunc] for methods that no service has. It runs
// behind the same chain, so a stranger cannot tell an unknown method from a forbidden
// one.
func Unknown(_ context.Context, spec connect.Spec, _ connect.ServerStream) error {
	return rpcerror.New(connect.CodeUnimplemented, errorv1.Reason_REASON_UNKNOWN_METHOD,
		"this server has no method "+spec.Procedure)
}
