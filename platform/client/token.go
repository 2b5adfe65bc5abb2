package client

import (
	"context"

	"connectrpc.com/connect/v2"
)

// TokenSource returns the bearer token for one attempt of a call. It is called
// concurrently and for every attempt, so it should cache. An error fails the
// call with UNAUTHENTICATED and is its cause.
type TokenSource func(ctx context.Context) (string, error)

// StaticToken returns a source of one fixed token.
func StaticToken(token string) TokenSource {
	return func(context.Context) (string, error) { return token, nil }
}

// callHeaders sets the headers of an attempt, after every other interceptor that may.
func callHeaders(source TokenSource, userAgent string) connect.ClientInterceptor {
	return func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			info, ok := connect.CallInfoForClientContext(ctx)
			if !ok {
				ctx, info = connect.NewClientContext(ctx)
			}
			header := info.RequestHeader()
			if !header.Has("User-Agent") {
				header.Set("User-Agent", userAgent)
			}
			if source != nil {
				token, err := source(ctx)
				if err != nil {
					return nil, connect.NewError(connect.CodeUnauthenticated, "cannot get a token for the call").WithCause(err)
				}
				header.Set("Authorization", "Bearer "+token)
			}
			return next(ctx, spec)
		}
	}
}

// refuseBidi fails bidirectional streams before they hang on HTTP/1.1.
func refuseBidi(next connect.ClientFunc) connect.ClientFunc {
	return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
		if spec.StreamType == connect.StreamTypeBidi {
			return nil, connect.Errorf(connect.CodeUnimplemented,
				"%s is a bidirectional stream and needs HTTP/2: the client is configured for HTTP/1.1", spec.Procedure)
		}
		return next(ctx, spec)
	}
}
