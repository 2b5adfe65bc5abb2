package interceptor

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/drain"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/platform/wire"
)

// drainRetry is how long callers of a draining server are told to wait: about
// the time a process needs to be replaced.
const drainRetry = time.Second

// answerTime is how long the answer of a call may take once its deadline has passed: a
// caller that does not read it keeps the answer in memory, and the handler.
const answerTime = 5 * time.Second

// errorInfo is the type of the detail that has the reason of an error.
const errorInfo = "google.rpc.ErrorInfo"

// limit bounds how long a call may take and ends what waits for a client that
// sends nothing more.
//
// A handler blocked in Receive sees neither its deadline nor a drain, so both
// end the reading side of the request instead. What had arrived by then is
// still delivered. A client that leaves ends its reading side by itself. A handler
// that waits for a client to read the answer sees no deadline either; it ends a little
// later.
func limit(unaryTimeout time.Duration) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			request, ok := wire.FromContext(ctx)
			if !ok { // in process: nothing to wait for
				return next(ctx, spec, stream)
			}
			if spec.StreamType == connect.StreamTypeUnary && unaryTimeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = withTimeout(ctx, unaryTimeout)
				defer cancel()
			}
			limited := &limitedStream{ServerStream: stream, ctx: ctx, draining: context.Background()}
			if sendsMany(spec) {
				limited.draining = drain.Signal(ctx)
				defer context.AfterFunc(limited.draining, func() { wire.EndReading(ctx) })()
			}
			if deadline, ok := ctx.Deadline(); ok {
				defer time.AfterFunc(time.Until(deadline), func() {
					<-ctx.Done()             // first, or net/http would cancel it for the read that fails
					_ = request.EndReading() // both fail only where the call is over
					_ = request.SetWriteDeadline(time.Now().Add(answerTime))
				}).Stop()
			}
			err := next(ctx, spec, limited)
			if err != nil && drain.Cut(ctx) {
				return explainCut(err)
			}
			return err
		}
	}
}

// explainCut tells the caller of a call that was cut that it was the server who gave
// up. What the handler says besides, such as which part is stored, stays.
func explainCut(err error) error {
	canceled := rpcerror.From(err)
	if canceled.Code() != connect.CodeCanceled {
		return err
	}
	draining := Draining()
	ended := connect.NewError(draining.Code(), draining.Message())
	details := slices.DeleteFunc(canceled.Details(), func(d *connect.ErrorDetail) bool { return d.Type == errorInfo })
	for _, detail := range append(details, draining.Details()...) {
		ended = ended.WithDetail(detail)
	}
	return ended.WithCause(err)
}

func sendsMany(spec connect.Spec) bool {
	return spec.StreamType&connect.StreamTypeClient == connect.StreamTypeClient
}

// limitedStream explains why reading ended: all that the transport knows is that
// a deadline for reading passed, the one that limit set.
type limitedStream struct {
	connect.ServerStream

	ctx      context.Context //nolint:containedctx // bound to one call, as the stream is
	draining context.Context //nolint:containedctx // the server's, for the same time
}

func (s *limitedStream) Receive(msg any) error {
	err := s.ServerStream.Receive(msg)
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	switch ctxErr := s.ctx.Err(); {
	case ctxErr != nil && errors.Is(err, os.ErrDeadlineExceeded):
		return rpcerror.From(ctxErr)
	case ctxErr == nil && s.draining.Err() != nil:
		return Draining().WithCause(err)
	default:
		return err
	}
}

// Draining returns the error that ends a call because the server is shutting
// down: UNAVAILABLE, with the reason SERVER_DRAINING and a time to wait.
func Draining() *connect.Error {
	return rpcerror.New(connect.CodeUnavailable, errorv1.Reason_REASON_SERVER_DRAINING,
		"the server is shutting down; call again", rpcerror.Retry(drainRetry))
}
