package rawrpc

import (
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
)

// Detail decodes the first error detail of a type and reports whether there is
// one.
func Detail[T proto.Message](answer Answer, into T) (T, bool) {
	for _, detail := range answer.Details {
		if detail.MessageIs(into) && detail.UnmarshalTo(into) == nil {
			return into, true
		}
	}
	return into, false
}

// Reason returns the reason of a Parley error, such as UNKNOWN_FIELD, and "" for
// any other answer.
func (a Answer) Reason() string {
	info, ok := Detail(a, &errdetails.ErrorInfo{})
	if !ok || info.GetDomain() != "parley" {
		return ""
	}
	return info.GetReason()
}

// Fields returns the paths of the fields that google.rpc.BadRequest names.
func (a Answer) Fields() []string {
	var fields []string
	if bad, ok := Detail(a, &errdetails.BadRequest{}); ok {
		for _, violation := range bad.GetFieldViolations() {
			fields = append(fields, violation.GetField())
		}
	}
	return fields
}
