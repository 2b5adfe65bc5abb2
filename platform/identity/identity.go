// Package identity says who calls and what they may do.
//
// An [Authenticator] looks only at a call's headers and connection, so that a
// stranger costs the server no decoding. The [Principal] it returns travels in
// the context. Implementations must be safe for concurrent use.
package identity

import (
	"context"
	"errors"

	"connectrpc.com/connect/v2"
)

// ErrUnauthenticated is returned by an [Authenticator] for a call without a
// valid identity. Wrap it with what was wrong: the text is logged, not sent.
var ErrUnauthenticated = errors.New("no valid identity")

// Principal is an authenticated caller.
type Principal interface {
	// Subject names the caller in logs. It is never empty.
	Subject() string
	// MayCall reports whether the caller may use a procedure, given as
	// "/package.Service/Method". Strangers cannot tell an unknown procedure from
	// a forbidden one: it is asked for both.
	MayCall(procedure string) bool
}

// Authenticator turns a call's metadata into a [Principal].
type Authenticator interface {
	// Authenticate returns the caller, or an error that wraps
	// [ErrUnauthenticated]. Any other error means that identity could not be
	// checked and is the server's failure, not the caller's.
	Authenticate(ctx context.Context, info *connect.CallInfo) (Principal, error)
}

// Anonymous passes everybody and lets them do everything.
type Anonymous struct{}

// Authenticate implements [Authenticator]. It never fails.
func (Anonymous) Authenticate(context.Context, *connect.CallInfo) (Principal, error) {
	return anonymous{}, nil
}

type anonymous struct{}

func (anonymous) Subject() string     { return "anonymous" }
func (anonymous) MayCall(string) bool { return true }

type key struct{}

// NewContext returns a context that carries the caller.
func NewContext(ctx context.Context, principal Principal) context.Context {
	return context.WithValue(ctx, key{}, principal)
}

// FromContext returns the caller that [NewContext] put into the context.
// Behind the interceptor chain there is always one.
func FromContext(ctx context.Context) (Principal, bool) {
	principal, ok := ctx.Value(key{}).(Principal)
	return principal, ok
}
