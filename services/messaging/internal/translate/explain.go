package translate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/ingest"
	"github.com/parleyhq/parley/services/messaging/internal/store"
)

const (
	// spaceRetry is how long to wait for a disk, or room on it.
	spaceRetry = 5 * time.Second
	// storeRetry is how long to wait for a store that failed: about the time a
	// process needs to be restarted.
	storeRetry = time.Second
)

// Explain returns what a caller is told of an error. An error it does not know
// is INTERNAL and open.
func Explain(err error) Failure {
	if f, ok := explainRequest(err); ok {
		return f
	}
	if f, ok := explainTopic(err); ok {
		return f
	}
	f := explainStore(err)
	if !store.Refused(err) {
		f.Open, f.cause = true, err // the others say all there is to say
	}
	return f
}

// explainRequest knows errors that lie in the request alone.
func explainRequest(err error) (Failure, bool) {
	var invalid *protovalidate.ValidationError
	var twice *store.DuplicateIDError
	var size *store.MessageSizeError
	var field *InvalidFieldError
	switch {
	case errors.As(err, &invalid):
		return violated(invalid), true
	case errors.As(err, &field):
		return invalidField(field.Path, field.Rule, field.Text), true
	case errors.As(err, &twice):
		return invalidField("messages", "messages.unique_ids", "an id may be used once in a batch"), true
	case errors.Is(err, store.ErrEmptyBatch):
		return invalidField("messages", "repeated.min_items", "must contain at least 1 item(s)"), true
	case errors.As(err, &size):
		path := fmt.Sprintf("messages[%d]", size.Index)
		text := fmt.Sprintf("has %d bytes as stored, more than the topic's max_message_bytes, %d", size.Size, size.Limit)
		return Failure{
			Code: connect.CodeInvalidArgument, Reason: errorv1.Reason_REASON_MESSAGE_OVER_TOPIC_LIMIT,
			Text:       path + ": " + text,
			Violations: []*messagingv1.FieldViolation{{Field: path, Description: text}},
		}, true
	default:
		return Failure{}, false
	}
}

// explainTopic knows errors that tell of a topic's state.
func explainTopic(err error) (Failure, bool) {
	var mismatch *store.MismatchError
	var ahead *store.PositionAheadError
	switch {
	case errors.Is(err, store.ErrTopicNotFound):
		return Failure{Code: connect.CodeNotFound, Reason: errorv1.Reason_REASON_TOPIC_NOT_FOUND, Text: "there is no such topic: create it first"}, true
	case errors.Is(err, store.ErrTopicExists):
		return Failure{
			Code: connect.CodeAlreadyExists, Reason: errorv1.Reason_REASON_TOPIC_ALREADY_EXISTS,
			Text: "the topic exists with another definition" + differing(err) + ": update it, or choose another name",
		}, true
	case errors.As(err, &mismatch):
		f := Failure{
			Code: connect.CodeAborted, Reason: errorv1.Reason_REASON_SEQUENCE_MISMATCH,
			Text:     fmt.Sprintf("the topic's last sequence is %d, not the one expected", mismatch.Actual.Sequence),
			Mismatch: actual(mismatch.Actual),
		}
		if mismatch.EpochDiffers {
			f.Reason, f.Text = errorv1.Reason_REASON_EPOCH_MISMATCH, "the topic has another epoch than expected: it was created again or recovered"
		}
		return f, true
	case errors.As(err, &ahead):
		return Failure{
			Code: connect.CodeOutOfRange, Reason: errorv1.Reason_REASON_POSITION_AHEAD,
			Text: ahead.Error(), Mismatch: actual(ahead.Actual),
		}, true
	case errors.Is(err, store.ErrPositionAhead):
		return Failure{Code: connect.CodeOutOfRange, Reason: errorv1.Reason_REASON_POSITION_AHEAD, Text: "the position lies beyond the end of the topic"}, true
	case errors.Is(err, ingest.ErrEarlierPublish):
		return Failure{Code: connect.CodeAborted, Reason: errorv1.Reason_REASON_EARLIER_PUBLISH_FAILED, Text: ingest.ErrEarlierPublish.Error()}, true
	default:
		return Failure{}, false
	}
}

// explainStore knows errors of the store as a whole and of the call. Any other is
// INTERNAL.
func explainStore(err error) Failure {
	switch {
	case errors.Is(err, store.ErrLowDiskSpace):
		return Failure{
			Code: connect.CodeResourceExhausted, Reason: errorv1.Reason_REASON_LOW_DISK_SPACE, Retry: spaceRetry,
			Text: "the server is short of disk space and takes no new messages or topics for now",
		}
	case errors.Is(err, store.ErrStalled):
		return Failure{
			Code: connect.CodeUnavailable, Reason: errorv1.Reason_REASON_STORE_UNAVAILABLE, Retry: spaceRetry,
			Text: "the server cannot write its storage and takes no new messages or topics for now",
		}
	case errors.Is(err, store.ErrFailed), errors.Is(err, store.ErrClosed):
		return Failure{
			Code: connect.CodeUnavailable, Reason: errorv1.Reason_REASON_STORE_UNAVAILABLE, Retry: storeRetry,
			Text: "the storage cannot be reached now",
		}
	case errors.Is(err, context.DeadlineExceeded):
		return Failure{Code: connect.CodeDeadlineExceeded, Reason: errorv1.Reason_REASON_DEADLINE_EXCEEDED, Text: "the deadline passed"}
	case errors.Is(err, context.Canceled):
		return Failure{Code: connect.CodeCanceled, Reason: errorv1.Reason_REASON_CANCELED, Text: "the caller gave up"}
	default:
		return Failure{
			Code: connect.CodeInternal, Reason: errorv1.Reason_REASON_INTERNAL,
			Text: "the server failed; its log has the cause under this request's id",
		}
	}
}

func actual(c store.Cursor) *messagingv1.CursorMismatch {
	return &messagingv1.CursorMismatch{ActualEpoch: c.Epoch, ActualLastSequence: c.Sequence}
}
