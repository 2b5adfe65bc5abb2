package translate_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/services/messaging/internal/ingest"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/translate"
)

// TestErrors holds what callers are told of every error of the store, as the status
// of a call and as the error of a command, and whether the outcome is open.
func TestErrors(t *testing.T) {
	t.Parallel()
	actual := store.Cursor{Epoch: "e", Sequence: 7}
	for _, test := range []struct {
		err    error
		code   connect.Code
		reason errorv1.Reason
		open   bool
	}{
		{store.ErrTopicNotFound, connect.CodeNotFound, errorv1.Reason_REASON_TOPIC_NOT_FOUND, false},
		{store.ErrTopicExists, connect.CodeAlreadyExists, errorv1.Reason_REASON_TOPIC_ALREADY_EXISTS, false},
		{store.ErrPositionAhead, connect.CodeOutOfRange, errorv1.Reason_REASON_POSITION_AHEAD, false},
		{&store.PositionAheadError{Actual: actual}, connect.CodeOutOfRange, errorv1.Reason_REASON_POSITION_AHEAD, false},
		{&store.MismatchError{Actual: actual}, connect.CodeAborted, errorv1.Reason_REASON_SEQUENCE_MISMATCH, false},
		{&store.MismatchError{EpochDiffers: true, Actual: actual}, connect.CodeAborted, errorv1.Reason_REASON_EPOCH_MISMATCH, false},
		{ingest.ErrEarlierPublish, connect.CodeAborted, errorv1.Reason_REASON_EARLIER_PUBLISH_FAILED, false},
		{store.ErrEmptyBatch, connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD, false},
		{&store.DuplicateIDError{Index: 3}, connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD, false},
		{&translate.InvalidFieldError{Path: "p", Text: "t"}, connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD, false},
		{&store.MessageSizeError{Index: 3, Size: 2, Limit: 1}, connect.CodeInvalidArgument, errorv1.Reason_REASON_MESSAGE_OVER_TOPIC_LIMIT, false},
		{store.ErrLowDiskSpace, connect.CodeResourceExhausted, errorv1.Reason_REASON_LOW_DISK_SPACE, false},
		{store.ErrStalled, connect.CodeUnavailable, errorv1.Reason_REASON_STORE_UNAVAILABLE, false},
		{store.ErrFailed, connect.CodeUnavailable, errorv1.Reason_REASON_STORE_UNAVAILABLE, true},
		{store.ErrClosed, connect.CodeUnavailable, errorv1.Reason_REASON_STORE_UNAVAILABLE, true},
		{context.Canceled, connect.CodeCanceled, errorv1.Reason_REASON_CANCELED, true},
		{context.DeadlineExceeded, connect.CodeDeadlineExceeded, errorv1.Reason_REASON_DEADLINE_EXCEEDED, true},
		{store.ErrDamaged, connect.CodeInternal, errorv1.Reason_REASON_INTERNAL, true},
	} {
		wrapped := fmt.Errorf("do something: %w", test.err)
		status, command := translate.Status(wrapped), translate.Refusal(wrapped)
		if connect.CodeOf(status) != test.code || rpcerror.ReasonOf(status) != test.reason {
			t.Errorf("%v: a call gets %v, %v", test.err, connect.CodeOf(status), rpcerror.ReasonOf(status))
		}
		if command.GetCode() != errorv1.Code(test.code) || command.GetReason() != test.reason {
			t.Errorf("%v: a command gets %v, %v", test.err, command.GetCode(), command.GetReason())
		}
		if fromStatus := translate.Refusal(status); fromStatus.GetCode() != command.GetCode() || fromStatus.GetReason() != command.GetReason() {
			t.Errorf("%v: a command gets %v of a status", test.err, fromStatus)
		}
		if translate.Explain(wrapped).Open != test.open {
			t.Errorf("%v: open %v, want %v", test.err, !test.open, test.open)
		}
		if strings.Contains(status.Error(), "do something") {
			t.Errorf("%v: the caller is told %v", test.err, status)
		}
	}
}

// TestUnavailable ends a stream on which something has an open outcome. Who gave up
// is told that.
func TestUnavailable(t *testing.T) {
	t.Parallel()
	for err, code := range map[error]connect.Code{
		store.ErrFailed:          connect.CodeUnavailable,
		errors.New("unknown"):    connect.CodeUnavailable,
		context.Canceled:         connect.CodeCanceled,
		context.DeadlineExceeded: connect.CodeDeadlineExceeded,
	} {
		if got := connect.CodeOf(translate.Explain(err).Unavailable()); got != code {
			t.Errorf("%v: got %v, want %v", err, got, code)
		}
	}
}

// TestLongPath cuts a path in the middle of a character.
func TestLongPath(t *testing.T) {
	t.Parallel()
	invalid := &messagingv1.PublishRequest{Topic: "t", Messages: []*messagingv1.Message{{
		Attributes: map[string]string{"x" + strings.Repeat("é", 1000): ""}, Payload: &messagingv1.Message_Text{},
	}}}
	command := translate.Refusal(protovalidate.Validate(invalid))
	if len(command.GetViolations()) != 1 {
		t.Fatalf("got %v", command)
	}
	path := command.GetViolations()[0].GetField()
	if !utf8.ValidString(path) || len(path) > 310 || !strings.HasPrefix(path, `messages[0].attributes["xé`) || !strings.HasSuffix(path, "é…") {
		t.Errorf("the path is %q", path)
	}
}

// TestUpdate holds that each path of a mask takes its field, and no other, and that all
// paths together make the topic's definition.
func TestUpdate(t *testing.T) {
	t.Parallel()
	topic := &messagingv1.Topic{
		Labels:              map[string]string{"a": "b"},
		Retention:           &messagingv1.Retention{MaxAge: durationpb.New(time.Hour), MaxBytes: 1, MaxMessages: 2},
		MaxMessageBytes:     3,
		DeduplicationWindow: durationpb.New(time.Minute),
	}
	old := translate.Definition(&messagingv1.Topic{})
	all := old
	for path, set := range map[string]func(*store.Definition){
		"labels":                 func(d *store.Definition) { d.Labels = maps.Clone(topic.GetLabels()) },
		"retention.max_age":      func(d *store.Definition) { d.Retention.MaxAge = time.Hour },
		"retention.max_bytes":    func(d *store.Definition) { d.Retention.MaxBytes = 1 },
		"retention.max_messages": func(d *store.Definition) { d.Retention.MaxMessages = 2 },
		"max_message_bytes":      func(d *store.Definition) { d.MaxMessageBytes = 3 },
		"deduplication_window":   func(d *store.Definition) { d.DedupWindow = time.Minute },
	} {
		want := old
		set(&want)
		if got := translate.Update(old, topic, []string{path}); !got.Equal(want) || got.Equal(old) {
			t.Errorf("%s: got %+v, want %+v", path, got, want)
		}
		all = translate.Update(all, topic, []string{path})
		if got := translate.Update(want, &messagingv1.Topic{}, []string{path}); !got.Equal(old) {
			t.Errorf("%s: got %+v when cleared, want %+v", path, got, old)
		}
	}
	if want := translate.Definition(topic); !all.Equal(want) {
		t.Errorf("got %+v, want %+v", all, want)
	}
	back := translate.Topic(store.Topic{Definition: all})
	if got := translate.Definition(back); !got.Equal(all) || !proto.Equal(back.GetRetention(), topic.GetRetention()) {
		t.Errorf("as the contract has it: %v", back)
	}
}

// A topic that exists with another definition says which fields differ.
func TestOtherDefinition(t *testing.T) {
	t.Parallel()
	existing := store.Definition{MaxMessageBytes: 1, Retention: store.Retention{MaxAge: time.Hour}}
	wanted := store.Definition{MaxMessageBytes: 2, Retention: existing.Retention, Labels: map[string]string{"team": "a"}}
	failure := translate.Explain(&store.TopicExistsError{Existing: existing, Wanted: wanted})
	if !strings.Contains(failure.Text, "definition (other labels, max_message_bytes): update it") {
		t.Errorf("the caller is told: %s", failure.Text)
	}
}
