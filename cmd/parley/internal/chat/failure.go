package chat

import (
	"errors"

	"connectrpc.com/connect/v2"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
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

// errStopped ends a stream on which a line was refused: the server takes no line
// after it.
var errStopped = errors.New("a line was refused")

// lateError ends a stream on which a line was refused that may be stored later.
type lateError struct {
	error
	line uint64
}

func (e *lateError) Unwrap() error { return e.error }
