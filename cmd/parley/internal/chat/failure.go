package chat

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"
)

const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// asError gives the error of a command the form of a call's.
func asError(failed *messagingv1.CommandError) error {
	var details []proto.Message
	if violations := failed.GetViolations(); len(violations) > 0 {
		fields := &errdetails.BadRequest{}
		for _, v := range violations {
			fields.FieldViolations = append(fields.FieldViolations,
				&errdetails.BadRequest_FieldViolation{Field: v.GetField(), Description: v.GetDescription()})
		}
		details = append(details, fields)
	}
	if failed.GetMismatch() != nil {
		details = append(details, failed.GetMismatch())
	}
	if failed.GetRetryDelay() != nil {
		details = append(details, rpcerror.Retry(failed.GetRetryDelay().AsDuration()))
	}
	return rpcerror.New(connect.Code(failed.GetCode()), failed.GetReason(), failed.GetMessage(), details...) // codes are numbered alike
}

func unavailable(err error) bool { return connect.CodeOf(err) == connect.CodeUnavailable }

// resumable reports whether a new stream may go on where this one broke. A token
// is read anew for every call.
func resumable(err error) bool {
	retryable, _ := client.Retryable(err)
	return retryable || errors.Is(err, ErrSilent) || errors.Is(err, ErrEnded) ||
		rpcerror.ReasonOf(err) == errorv1.Reason_REASON_TOKEN_EXPIRED
}

// pause waits before the next attempt: a random time that grows with each attempt,
// and at least as long as the server asks.
func pause(ctx context.Context, attempt int, cause error) error {
	limit := min(firstPause<<min(attempt, 10), longestPause)
	wait := limit/2 + rand.N(limit/2) //nolint:gosec // jitter
	if _, asked := client.Retryable(cause); asked > 0 {
		wait = max(wait, asked+rand.N(asked/2+1)) //nolint:gosec // jitter: not all at once
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
