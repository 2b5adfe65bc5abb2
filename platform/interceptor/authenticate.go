package interceptor

import (
	"context"
	"errors"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/identity"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// authenticate finds out who calls and whether they may use the procedure,
// before anything of the request is read.
func authenticate(authenticator identity.Authenticator) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			info, _ := connect.CallInfoForServerContext(ctx)
			principal, err := authenticator.Authenticate(ctx, info)
			if err != nil {
				return refuse(err)
			}
			if record, ok := ctx.Value(callKey{}).(*call); ok {
				record.principal = principal.Subject()
			}
			if !principal.MayCall(spec.Procedure) {
				return rpcerror.New(connect.CodePermissionDenied, errorv1.Reason_REASON_PERMISSION_DENIED,
					"the caller may not use "+spec.Procedure)
			}
			return next(identity.NewContext(ctx, principal), spec, stream)
		}
	}
}

func refuse(err error) error {
	if errors.Is(err, identity.ErrUnauthenticated) {
		return rpcerror.New(connect.CodeUnauthenticated, errorv1.Reason_REASON_UNAUTHENTICATED,
			"the call carries no valid identity").WithCause(err)
	}
	return err
}

// MessagePermission decides whether the caller may do what one decoded request
// asks, for example publish to the topic it names. It returns nil, or the error
// for the caller. It must be safe for concurrent use and must not keep or change
// the request.
type MessagePermission func(ctx context.Context, caller identity.Principal, spec connect.Spec, request any) error

func permitMessages(permit MessagePermission) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			caller, _ := identity.FromContext(ctx)
			return next(ctx, spec, &permittedStream{
				ServerStream: stream,
				permit:       func(request any) error { return permit(ctx, caller, spec, request) },
			})
		}
	}
}

type permittedStream struct {
	connect.ServerStream

	permit func(request any) error
}

func (s *permittedStream) Receive(msg any) error {
	if err := s.ServerStream.Receive(msg); err != nil {
		return err
	}
	return s.permit(msg)
}
