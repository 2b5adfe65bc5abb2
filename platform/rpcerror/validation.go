package rpcerror

import (
	"fmt"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
)

const (
	// maxViolations is how many broken rules one error lists.
	maxViolations = 10
	// maxViolationBytes bounds their encoding. Details travel in trailers, and
	// clients of gRPC refuse trailers above 8 KiB: the error would be lost.
	maxViolationBytes = 4 << 10
)

// fromValidation lists the first violations twice: in BadRequest, which any
// client can read, and in protovalidate's own form, which names the rules
// broken.
func fromValidation(invalid *protovalidate.ValidationError) *connect.Error {
	total := len(invalid.Violations)
	if total == 0 {
		return New(connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD, invalid.Error()).WithCause(invalid)
	}
	text := describe(invalid.Violations[0])
	if total > 1 {
		text = fmt.Sprintf("%s (and %d more)", text, total-1)
	}
	return New(connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD, text,
		violationDetails(invalid.Violations)...).WithCause(invalid)
}

func describe(violation *protovalidate.Violation) string {
	if path := protovalidate.FieldPathString(violation.Proto.GetField()); path != "" {
		return path + ": " + violation.Proto.GetMessage()
	}
	return violation.Proto.GetMessage()
}

// violationDetails returns both forms of as many violations as fit.
func violationDetails(violations []*protovalidate.Violation) []proto.Message {
	for n := min(len(violations), maxViolations); n > 0; n-- {
		fields := &errdetails.BadRequest{}
		for _, violation := range violations[:n] {
			fields.FieldViolations = append(fields.FieldViolations, &errdetails.BadRequest_FieldViolation{
				Field:       protovalidate.FieldPathString(violation.Proto.GetField()),
				Description: violation.Proto.GetMessage(),
			})
		}
		rules := (&protovalidate.ValidationError{Violations: violations[:n]}).ToProto()
		if proto.Size(fields)+proto.Size(rules) <= maxViolationBytes {
			return []proto.Message{fields, rules}
		}
	}
	return nil
}
