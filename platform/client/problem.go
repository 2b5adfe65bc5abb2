package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
)

// Problem is an error of a call, taken apart for people and programs. Fields
// that the error says nothing about are zero.
type Problem struct {
	Code    connect.Code
	Message string // one sentence; for a failed connection, in plain words
	// Reason and Domain are google.rpc.ErrorInfo's. Parley's domain is parley, its
	// reasons are the names in parley.error.v1.Reason without REASON_, for instance
	// SEQUENCE_MISMATCH.
	Reason     string
	Domain     string
	Fields     []FieldViolation
	RetryDelay time.Duration // how long to wait before trying again
	RequestID  string        // names the call in the server's log; of failures explained only there
	Hint       string        // what to do about it
}

// FieldViolation says what is wrong with one field of the request.
type FieldViolation struct {
	Field       string // path, for instance messages[2].key; empty for the whole request
	Description string
}

// Explain takes err apart. A nil err gives the zero Problem. An error that is no
// connect error has its own text, and code CANCELED or DEADLINE_EXCEEDED if it is
// that of a context, otherwise UNKNOWN.
func Explain(err error) Problem {
	if err == nil {
		return Problem{}
	}
	p := Problem{Code: connect.CodeOf(err), Message: err.Error()}
	if cerr, ok := errors.AsType[*connect.Error](err); ok {
		p.Message = cerr.Message()
		for _, detail := range cerr.Details() {
			if msg, err := connectproto.UnmarshalErrorDetail(detail); err == nil {
				p.read(msg)
			}
		}
	} else if errors.Is(err, context.Canceled) {
		p.Code = connect.CodeCanceled
	} else if errors.Is(err, context.DeadlineExceeded) {
		p.Code = connect.CodeDeadlineExceeded
	}
	if p.Code == connect.CodeUnimplemented || p.Code == connect.CodeUnknown {
		p.Hint = hintStranger(err, p.Reason)
	}
	if message, hint, ok := explainTransport(err); ok {
		p.Message, p.Hint = message, hint
		if p.Code == connect.CodeUnknown { // a stream that broke
			p.Code = connect.CodeUnavailable
		}
	}
	return p
}

// hintStranger is about errors that no Parley server answers with: its own have a
// reason.
func hintStranger(err error, reason string) string {
	if _, ok := errors.AsType[*connect.Error](err); !ok || reason != "" {
		return ""
	}
	return "That is no answer of a Parley server: check the address. A Parley server's admin port serves no RPCs."
}

// read takes over one error detail. BadRequest and protovalidate's Violations
// may say the same twice: the first one wins.
func (p *Problem) read(detail any) {
	switch d := detail.(type) {
	case *errdetails.ErrorInfo:
		p.Reason, p.Domain = d.GetReason(), d.GetDomain()
	case *errdetails.RetryInfo:
		p.RetryDelay = d.GetRetryDelay().AsDuration()
	case *errdetails.RequestInfo:
		p.RequestID = d.GetRequestId()
	case *errdetails.BadRequest:
		if len(p.Fields) > 0 {
			return
		}
		for _, v := range d.GetFieldViolations() {
			p.Fields = append(p.Fields, FieldViolation{Field: v.GetField(), Description: v.GetDescription()})
		}
	case *validate.Violations:
		if len(p.Fields) > 0 {
			return
		}
		for _, v := range d.GetViolations() {
			p.Fields = append(p.Fields, FieldViolation{Field: protovalidate.FieldPathString(v.GetField()), Description: v.GetMessage()})
		}
	}
}

// String returns the problem as text for a terminal: a line with code, message
// and reason, then a line for each fact that this one does not tell. It ends
// without a newline.
func (p Problem) String() string {
	if p.Code == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", p.Code, p.Message)
	if p.Reason != "" {
		fmt.Fprintf(&b, " (%s)", p.Reason)
	}
	for _, f := range p.Fields {
		line := f.Description
		if f.Field != "" {
			line = f.Field + ": " + line
		}
		if p.Message == line || strings.HasPrefix(p.Message, line+" (and ") {
			continue // the message is this violation, or begins with it and counts the others
		}
		fmt.Fprintf(&b, "\n  %s", line)
	}
	if p.RetryDelay > 0 {
		fmt.Fprintf(&b, "\n  try again in %s", p.RetryDelay)
	}
	if p.RequestID != "" {
		fmt.Fprintf(&b, "\n  request id: %s", p.RequestID)
	}
	if p.Hint != "" {
		fmt.Fprintf(&b, "\n%s", p.Hint)
	}
	return b.String()
}

// Retryable reports whether the same call may succeed later, and how long the
// server asks to wait (0: unknown, back off). It holds for UNAVAILABLE, for a
// broken connection, and for whatever carries google.rpc.RetryInfo. It does not
// know whether the first attempt took effect: repeat only what is idempotent.
func Retryable(err error) (bool, time.Duration) {
	if err == nil || errors.Is(err, ErrClosed) {
		return false, 0
	}
	if delay, ok := retryDelay(err); ok {
		return true, delay
	}
	if errors.Is(err, context.Canceled) || (errors.Is(err, context.DeadlineExceeded) && !neverSent(err)) {
		return false, 0
	}
	if _, ok := errors.AsType[*TransportError](err); ok {
		return neverSent(err) || interrupted(err), 0
	}
	return connect.CodeOf(err) == connect.CodeUnavailable, 0
}

func retryDelay(err error) (time.Duration, bool) {
	cerr, ok := errors.AsType[*connect.Error](err)
	if !ok {
		return 0, false
	}
	for _, detail := range cerr.Details() {
		if msg, err := connectproto.UnmarshalErrorDetail(detail); err == nil {
			if info, ok := msg.(*errdetails.RetryInfo); ok && info.GetRetryDelay() != nil {
				return info.GetRetryDelay().AsDuration(), true
			}
		}
	}
	return 0, false
}
