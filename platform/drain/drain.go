// Package drain tells long calls that the server is going away.
//
// A server that shuts down first stops being ready, then drains: unary calls in
// flight finish, streams end by themselves with whatever their contract says of
// the end (a cursor, a retryable error). This package carries the signal from
// the server to the handlers; it ends nothing by itself. Calls that have not ended
// when the server waits no longer are cut: their contexts end.
package drain

import (
	"context"
	"errors"
)

// ErrCut is the cause for which a server ends the contexts of calls that it does not
// wait for any longer.
var ErrCut = errors.New("server does not wait for the call any longer")

// Cut reports whether ctx ended because its call was cut.
func Cut(ctx context.Context) bool { return errors.Is(context.Cause(ctx), ErrCut) }

type key struct{}

// NewContext returns a context that carries signal. Draining begins when signal
// is done. Servers call it once, for the base of all their requests.
func NewContext(ctx, signal context.Context) context.Context {
	return context.WithValue(ctx, key{}, signal)
}

// Signal returns the context that is done once draining begins. Without a
// server that drains, as in a unit test, it is never done.
func Signal(ctx context.Context) context.Context {
	if signal, ok := ctx.Value(key{}).(context.Context); ok {
		return signal
	}
	return context.Background()
}

// Started returns a channel that is closed once draining begins, for a
// handler's select.
func Started(ctx context.Context) <-chan struct{} {
	return Signal(ctx).Done()
}
