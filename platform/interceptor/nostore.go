package interceptor

import (
	"context"
	"net/http"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
)

// noStore tells caches not to keep the answer to a GET, errors included. A
// handler whose answer may be kept says so in the same header.
func noStore() connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			if info, ok := connecthttp.ServerInfoForContext(ctx); ok && info.HTTPMethod() == http.MethodGet {
				if call, ok := connect.CallInfoForServerContext(ctx); ok {
					call.ResponseHeader().Set("Cache-Control", "no-store")
				}
			}
			return next(ctx, spec, stream)
		}
	}
}
