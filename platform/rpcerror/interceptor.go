package rpcerror

import (
	"context"
	"errors"
	"io"
	"os"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/codec"
)

// Interceptor returns the server interceptor that gives every error Parley's
// form. An authored error (a *connect.Error made in this process) keeps its
// code, text and details; any other error becomes INTERNAL with its cause kept
// for the log.
func Interceptor() connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			err := next(ctx, spec, &mappedStream{ServerStream: stream})
			if err == nil {
				return nil
			}
			return From(err)
		}
	}
}

// mappedStream maps the transport's errors where they arise: once they have
// passed a handler they cannot be told from the handler's own.
type mappedStream struct {
	connect.ServerStream
}

func (s *mappedStream) Receive(msg any) error {
	err := s.ServerStream.Receive(msg)
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	mapped := fromTransport(err)
	if connect.CodeOf(mapped) == connect.CodeUnknown { // what came is no body of HTTP
		return New(connect.CodeInvalidArgument, errorv1.Reason_REASON_PROTOCOL_ERROR, mapped.Message()).WithCause(err)
	}
	return mapped
}

func (s *mappedStream) Send(msg any) error {
	err := s.ServerStream.Send(msg)
	if err == nil {
		return nil
	}
	mapped := fromTransport(err)
	if connect.CodeOf(mapped) == connect.CodeUnknown { // the connection takes no more
		return New(connect.CodeCanceled, errorv1.Reason_REASON_CANCELED, "the caller has left").WithCause(err)
	}
	return mapped
}

// From gives Parley's form to an error of a handler or of Receive: one that has
// it stays as it is, one of validation is explained, any other authored error
// keeps its code, text and details, and the rest becomes INTERNAL. It must not be
// given nil.
func From(err error) *connect.Error {
	var authored *connect.Error
	local := errors.As(err, &authored) && !authored.IsRemote()
	if local && ReasonOf(authored) != errorv1.Reason_REASON_UNSPECIFIED {
		return authored
	}
	if invalid, ok := errors.AsType[*protovalidate.ValidationError](err); ok {
		return fromValidation(invalid)
	}
	if local {
		return authored
	}
	if mapped := fromContext(err); mapped != nil {
		return mapped
	}
	return New(connect.CodeInternal, errorv1.Reason_REASON_INTERNAL,
		"the server failed; its log has the cause under this request's id").WithCause(err)
}

// fromTransport maps an error of reading, decoding or writing a message. Connect's
// code for a connection that failed is UNKNOWN.
func fromTransport(err error) *connect.Error {
	if unknown, ok := errors.AsType[*codec.UnknownFieldError](err); ok {
		return New(connect.CodeInvalidArgument, errorv1.Reason_REASON_UNKNOWN_FIELD, unknown.Error(),
			Field(unknown.Path, "unknown field")).WithCause(err)
	}
	if malformed, ok := errors.AsType[*codec.MalformedError](err); ok {
		return New(connect.CodeInvalidArgument, errorv1.Reason_REASON_MALFORMED_MESSAGE, malformed.Error()).WithCause(err)
	}
	var authored *connect.Error
	if !errors.As(err, &authored) {
		return From(err)
	}
	if mapped := fromContext(err); mapped != nil {
		return mapped
	}
	switch authored.Code() {
	case connect.CodeResourceExhausted:
		return New(authored.Code(), errorv1.Reason_REASON_MESSAGE_TOO_LARGE,
			authored.Message()+" bytes: send less at once, or raise the server's --max-message-bytes").WithCause(err)
	case connect.CodeCanceled:
		return New(authored.Code(), errorv1.Reason_REASON_CANCELED, "the caller gave up").WithCause(err)
	case connect.CodeDeadlineExceeded:
		return New(authored.Code(), errorv1.Reason_REASON_DEADLINE_EXCEEDED, "the deadline passed").WithCause(err)
	default:
		return New(authored.Code(), errorv1.Reason_REASON_PROTOCOL_ERROR, authored.Message()).WithCause(err)
	}
}

func fromContext(err error) *connect.Error {
	switch {
	case errors.Is(err, context.Canceled):
		return New(connect.CodeCanceled, errorv1.Reason_REASON_CANCELED, "the caller gave up").WithCause(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return New(connect.CodeDeadlineExceeded, errorv1.Reason_REASON_DEADLINE_EXCEEDED, "the deadline passed").WithCause(err)
	default:
		return nil
	}
}
