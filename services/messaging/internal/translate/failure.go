package translate

import (
	"errors"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// Failure is why a call or one command of an Exchange failed, before it takes
// the form of a status or of a message.
type Failure struct {
	Code   connect.Code
	Reason errorv1.Reason
	Text   string
	// Violations name the fields at fault.
	Violations []*messagingv1.FieldViolation
	// Mismatch says how the topic is.
	Mismatch *messagingv1.CursorMismatch
	// Retry is how long to wait before asking again. 0: nothing is said.
	Retry time.Duration
	// Open says that what was asked for may have been done all the same.
	Open bool

	cause error
}

// Error returns the failure as the status of a call.
func (f Failure) Error() error {
	var details []proto.Message
	if f.Mismatch != nil {
		details = append(details, f.Mismatch)
	}
	if len(f.Violations) > 0 {
		fields := &errdetails.BadRequest{}
		for _, violation := range f.Violations {
			fields.FieldViolations = append(fields.FieldViolations, &errdetails.BadRequest_FieldViolation{
				Field: violation.GetField(), Description: violation.GetDescription(),
			})
		}
		details = append(details, fields)
	}
	if f.Retry > 0 {
		details = append(details, rpcerror.Retry(f.Retry))
	}
	err := rpcerror.New(f.Code, f.Reason, f.Text, details...)
	if f.cause != nil {
		return err.WithCause(f.cause)
	}
	return err
}

// Command returns the failure as the error of one command of an Exchange.
func (f Failure) Command() *messagingv1.CommandError {
	failed := &messagingv1.CommandError{
		Code: errorv1.Code(f.Code), Reason: f.Reason, Message: f.Text, // codes are numbered alike
		Violations: f.Violations, Mismatch: f.Mismatch,
	}
	if f.Retry > 0 {
		failed.RetryDelay = durationpb.New(f.Retry)
	}
	return failed
}

// Status returns the error of a call. One that already is a status stays as it
// is.
func Status(err error) error {
	var authored *connect.Error
	if err == nil || errors.As(err, &authored) {
		return err
	}
	return Explain(err).Error()
}

// Unavailable returns the error that ends a stream on which something has an
// open outcome. A caller that gave up gets what it would get anyway.
func (f Failure) Unavailable() error {
	if f.Code != connect.CodeCanceled && f.Code != connect.CodeDeadlineExceeded {
		f.Code, f.Reason, f.Retry = connect.CodeUnavailable, errorv1.Reason_REASON_STORE_UNAVAILABLE, storeRetry
	}
	return f.Error()
}

// Refusal returns the error of one command for any error, a status included.
func Refusal(err error) *messagingv1.CommandError {
	if authored, ok := errors.AsType[*connect.Error](err); ok {
		return &messagingv1.CommandError{
			Code: errorv1.Code(authored.Code()), Reason: rpcerror.ReasonOf(err), Message: authored.Message(),
		}
	}
	return Explain(err).Command()
}
