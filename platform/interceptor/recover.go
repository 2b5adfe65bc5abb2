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
				err = rpcerror.New(connect.CodeInternal, errorv1.Reason_REASON_INTERNAL,
					"the server failed; its log has the cause under this request's id",
				).WithCause(fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
			}()
			return next(ctx, spec, stream)
		}
	}
}
