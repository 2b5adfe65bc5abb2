package interceptor

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// recoverPanic turns a panic of one call into an INTERNAL error of that call:
// bad input never stops the process. The stack goes to the access log.
func recoverPanic() connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) (err error) {
			defer func() {
				cause := recover()
				if cause == nil {
					return
				}
				if cause == http.ErrAbortHandler { //nolint:errorlint,err113 // net/http compares the same way
					panic(cause)
				}
				err = panicked(cause)
			}()
			return next(ctx, spec, stream)
		}
	}
}

// Guard runs work and returns nil, or if work panics, the INTERNAL error that the
// call has to end with: its cause is the panic with its stack, for the access
// log. The chain sees only panics of the handler's own goroutine; every other one
// that a handler starts runs under Guard, or its panic would end the process.
func Guard(work func()) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panicked(cause)
		}
	}()
	work()
	return nil
}

// panicked is called while the panic's stack is there.
func panicked(cause any) error {
	return rpcerror.New(connect.CodeInternal, errorv1.Reason_REASON_INTERNAL,
		"the server failed; its log has the cause under this request's id",
	).WithCause(fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
}
