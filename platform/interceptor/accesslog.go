package interceptor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// AccessLog chooses which calls the access log has.
type AccessLog int

const (
	// AccessLogFailures logs calls that failed, but not callers that left nor
	// streams that a drain ended. It is the default: a line for every call costs
	// more than a small call does.
	AccessLogFailures AccessLog = iota
	// AccessLogAll logs every call.
	AccessLogAll
	// AccessLogOff logs no call, not even one that failed for a reason only the
	// log knows.
	AccessLogOff
)

// UnmarshalText reads "failures", "all" or "off".
func (a *AccessLog) UnmarshalText(text []byte) error {
	switch string(text) {
	case "failures":
		*a = AccessLogFailures
	case "all":
		*a = AccessLogAll
	case "off":
		*a = AccessLogOff
	default:
		return fmt.Errorf("access log %q is none of failures, all, off", text)
	}
	return nil
}

// accessLog gives each call its request id and logs its end. The principal is
// known only to the steps behind it, which leave it in the call's record.
func accessLog(log *slog.Logger, mode AccessLog) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			info, _ := connect.CallInfoForServerContext(ctx)
			record := &call{Context: ctx, id: requestID(info.RequestHeader().Get(RequestIDHeader))}
			info.ResponseHeader().Set(RequestIDHeader, record.id)
			start := time.Now()
			err := next(record, spec, stream)
			if mode == AccessLogAll || (mode == AccessLogFailures && err != nil && !isOrdinaryEnd(err)) {
				logCall(ctx, log, record, info, time.Since(start), err)
			}
			return err
		}
	}
}

func logCall(ctx context.Context, log *slog.Logger, record *call, info *connect.CallInfo, took time.Duration, err error) {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("request_id", record.id),
		slog.String("procedure", info.Spec.Procedure),
		slog.String("protocol", info.Protocol),
		slog.String("codec", info.Codec),
		slog.String("peer", info.PeerAddr),
		slog.String("principal", record.principal),
		slog.Duration("duration", took),
	}
	if err == nil {
		log.LogAttrs(ctx, level, "call", append(attrs, slog.String("code", "ok"))...)
		return
	}
	code := connect.CodeOf(err)
	attrs = append(attrs, slog.String("code", code.String()))
	if reason := rpcerror.ReasonOf(err); reason != errorv1.Reason_REASON_UNSPECIFIED {
		attrs = append(attrs, slog.String("reason", rpcerror.ReasonName(reason)))
	}
	if isOrdinaryEnd(err) {
		log.LogAttrs(ctx, level, "call ended", attrs...)
		return
	}
	if isServerFault(err) {
		level = slog.LevelError
		attrs = append(attrs, slog.String("cause", cause(err)))
	}
	log.LogAttrs(ctx, level, "call failed", attrs...)
}

// isOrdinaryEnd reports ends that are nobody's failure: a subscriber that leaves,
// a server that drains.
func isOrdinaryEnd(err error) bool {
	return connect.CodeOf(err) == connect.CodeCanceled ||
		rpcerror.ReasonOf(err) == errorv1.Reason_REASON_SERVER_DRAINING
}

// isServerFault reports whether an operator should look. A request that breaks the
// rules of its protocol is the caller's fault, also where they make it INTERNAL.
func isServerFault(err error) bool {
	code := connect.CodeOf(err)
	return (code == connect.CodeInternal || code == connect.CodeUnknown || code == connect.CodeDataLoss) &&
		rpcerror.ReasonOf(err) != errorv1.Reason_REASON_PROTOCOL_ERROR
}

// cause is the text that was kept from the caller.
func cause(err error) string {
	if authored, ok := errors.AsType[*connect.Error](err); ok && authored.Unwrap() != nil {
		return authored.Unwrap().Error()
	}
	return err.Error()
}
