package translate

import (
	"fmt"
	"strings"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// maxViolations is how many broken rules one error lists.
const maxViolations = 10

// maxViolationBytes bounds the text of one violation: paths may hold a caller's
// map keys.
const maxViolationBytes = 300

// InvalidFieldError is a request that breaks a rule the schema cannot state.
type InvalidFieldError struct {
	// Path, Rule and Text are those of a violation.
	Path, Rule, Text string
}

// Error implements error.
func (e *InvalidFieldError) Error() string { return e.Path + ": " + e.Text }

func invalidField(path, rule, text string) Failure {
	return Failure{
		Code: connect.CodeInvalidArgument, Reason: errorv1.Reason_REASON_INVALID_FIELD, Text: path + ": " + text,
		Violations: []*messagingv1.FieldViolation{{Field: path, RuleId: rule, Description: text}},
	}
}

// violated lists the first violations of a request's rules.
func violated(invalid *protovalidate.ValidationError) Failure {
	f := Failure{Code: connect.CodeInvalidArgument, Reason: errorv1.Reason_REASON_INVALID_FIELD, Text: "the request is not valid"}
	for i, violation := range invalid.Violations[:min(len(invalid.Violations), maxViolations)] {
		path := cut(protovalidate.FieldPathString(violation.Proto.GetField()))
		text := cut(violation.Proto.GetMessage())
		if i == 0 {
			f.Text = text
			if path != "" {
				f.Text = path + ": " + text
			}
		}
		f.Violations = append(f.Violations, &messagingv1.FieldViolation{
			Field: path, RuleId: violation.Proto.GetRuleId(), Description: text,
		})
	}
	if n := len(invalid.Violations); n > 1 {
		f.Text = fmt.Sprintf("%s (and %d more)", f.Text, n-1)
	}
	return f
}

// cut shortens a text, keeping it valid UTF-8.
func cut(text string) string {
	if len(text) <= maxViolationBytes {
		return text
	}
	return strings.ToValidUTF8(text[:maxViolationBytes], "") + "…"
}
