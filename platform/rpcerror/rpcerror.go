package rpcerror

import (
	"errors"
	"strings"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
)

// Domain is the domain of the google.rpc.ErrorInfo of every Parley error.
const Domain = "parley"

// New returns an error for the caller with the given code, reason and text.
// Details are sent in the order given, after the ErrorInfo.
func New(code connect.Code, reason errorv1.Reason, text string, details ...proto.Message) *connect.Error {
	info := &errdetails.ErrorInfo{Reason: ReasonName(reason), Domain: Domain}
	err := connect.NewError(code, text)
	for _, detail := range append([]proto.Message{info}, details...) {
		err = withDetail(err, detail)
	}
	return err
}

// Retry returns the detail that tells the caller to wait before asking again.
func Retry(after time.Duration) *errdetails.RetryInfo {
	return &errdetails.RetryInfo{RetryDelay: durationpb.New(after)}
}

// Field returns the detail that names one field that was refused, with its path
// as the schema writes it and a sentence that says what is wrong with it.
func Field(path, description string) *errdetails.BadRequest {
	return &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
		{Field: path, Description: description},
	}}
}

// ReasonOf returns the reason an error carries, of this process or of a peer,
// and REASON_UNSPECIFIED for any other error and for nil.
func ReasonOf(err error) errorv1.Reason {
	var connectErr *connect.Error
	if !errors.As(err, &connectErr) {
		return errorv1.Reason_REASON_UNSPECIFIED
	}
	for _, detail := range connectErr.Details() {
		value, valueErr := connectproto.UnmarshalErrorDetail(detail)
		if valueErr != nil {
			continue
		}
		if info, ok := value.(*errdetails.ErrorInfo); ok && info.GetDomain() == Domain {
			return errorv1.Reason(errorv1.Reason_value[reasonPrefix+info.GetReason()])
		}
	}
	return errorv1.Reason_REASON_UNSPECIFIED
}

const reasonPrefix = "REASON_"

// ReasonName returns a reason as errors carry it, without the prefix REASON_.
func ReasonName(reason errorv1.Reason) string {
	return strings.TrimPrefix(reason.String(), reasonPrefix)
}

// withDetail adds a detail. A detail that cannot be encoded is left out: an
// error without it is worth more to the caller than no error.
func withDetail(err *connect.Error, message proto.Message) *connect.Error {
	detail, detailErr := connectproto.NewErrorDetail(message)
	if detailErr != nil {
		return err.WithCause(errors.Join(err.Unwrap(), detailErr))
	}
	return err.WithDetail(detail)
}

// Lead returns err with one more detail, before all others.
func Lead(err *connect.Error, detail proto.Message) *connect.Error {
	lead := withDetail(connect.NewError(err.Code(), err.Message()), detail)
	for _, other := range err.Details() {
		lead = lead.WithDetail(other)
	}
	if cause := err.Unwrap(); cause != nil {
		return lead.WithCause(errors.Join(lead.Unwrap(), cause))
	}
	return lead
}
