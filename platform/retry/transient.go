package retry

import (
	"errors"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// ErrEnded is the error of a stream that ended well where nobody had asked for it.
var ErrEnded = errors.New("the stream was ended")

// Transient reports whether another try may succeed where err ended this one.
// The caller's own context is still alive. worked says that the stream which
// failed had brought something: then an end that Parley gives no reason for is
// one of the way in between.
func Transient(err error, worked bool) bool {
	if errors.Is(err, client.ErrClosed) {
		return false
	}
	if again, _ := client.Retryable(err); again || errors.Is(err, ErrSilent) || errors.Is(err, ErrEnded) {
		return true
	}
	switch reason := rpcerror.ReasonOf(err); reason {
	case errorv1.Reason_REASON_UNSPECIFIED:
	case errorv1.Reason_REASON_TOKEN_EXPIRED, // the next call sends a new one
		errorv1.Reason_REASON_CANCELED, errorv1.Reason_REASON_DEADLINE_EXCEEDED:
		return true
	default:
		return false
	}
	switch connect.CodeOf(err) {
	case connect.CodeCanceled, connect.CodeDeadlineExceeded: // not by this caller
		return true
	case connect.CodeUnknown, connect.CodeInternal:
		return worked
	default:
		return false
	}
}
