package parley

import (
	"errors"
	"net"
	"slices"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// nothingStored are the reasons after which nothing of a batch was stored, as the
// contract lists them (MessageService, open outcomes).
var nothingStored = []errorv1.Reason{
	errorv1.Reason_REASON_INVALID_FIELD, errorv1.Reason_REASON_UNKNOWN_FIELD,
	errorv1.Reason_REASON_MALFORMED_MESSAGE, errorv1.Reason_REASON_MESSAGE_TOO_LARGE,
	errorv1.Reason_REASON_UNKNOWN_METHOD, errorv1.Reason_REASON_UNAUTHENTICATED,
	errorv1.Reason_REASON_PERMISSION_DENIED, errorv1.Reason_REASON_TOPIC_NOT_FOUND,
	errorv1.Reason_REASON_EPOCH_MISMATCH, errorv1.Reason_REASON_SEQUENCE_MISMATCH,
	errorv1.Reason_REASON_LOW_DISK_SPACE, errorv1.Reason_REASON_MESSAGE_OVER_TOPIC_LIMIT,
	errorv1.Reason_REASON_EARLIER_PUBLISH_FAILED,
}

// NothingStored reports whether err, the error of a single attempt to publish a batch,
// says that nothing of the batch was stored: because the server's reason says so, the
// server does not have the method, or the call never reached a server that understands
// it. After any other error the outcome is open, and the same messages may be published
// again only with the ids that they had. Of a PublishStream the batch is the one that
// failed: what was stored before it is in the error's StreamReceipt.
//
// It is for calls by the generated client. A [Publisher] finds this out by itself.
func NothingStored(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	for _, refused := range []error{client.ErrHTTP1Peer, client.ErrNotHTTP2, client.ErrTLSPeer, client.ErrCleartextToken} {
		if errors.Is(err, refused) {
			return true
		}
	}
	return slices.Contains(nothingStored, rpcerror.ReasonOf(err)) || err != nil && connect.CodeOf(err) == connect.CodeUnimplemented
}
