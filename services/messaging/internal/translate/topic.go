package translate

import (
	"errors"
	"maps"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/store"
)

const (
	// defaultMaxMessageBytes is the contract's default of a topic's largest message.
	defaultMaxMessageBytes = 1 << 20
	// defaultWindow is the contract's default deduplication window.
	defaultWindow = 10 * time.Minute
	// maxIDs is how many ids a topic remembers.
	maxIDs = 1_000_000
)

// Topic returns a topic as the contract has it.
func Topic(t store.Topic) *messagingv1.Topic {
	return &messagingv1.Topic{
		Name:                t.Name,
		Labels:              t.Definition.Labels,
		Retention:           retention(t.Definition.Retention),
		MaxMessageBytes:     uint32(t.Definition.MaxMessageBytes),
		DeduplicationWindow: durationpb.New(t.Definition.DedupWindow),
		Epoch:               t.Epoch,
		FirstSequence:       t.First,
		LastSequence:        t.Last,
		StoredMessages:      t.Messages,
		StoredBytes:         t.Bytes,
		CreateTime:          timestamppb.New(t.Created),
	}
}

func retention(r store.Retention) *messagingv1.Retention {
	if r == (store.Retention{}) {
		return nil
	}
	out := &messagingv1.Retention{MaxBytes: r.MaxBytes, MaxMessages: r.MaxMessages}
	if r.MaxAge > 0 {
		out.MaxAge = durationpb.New(r.MaxAge)
	}
	return out
}

// Definition returns what a client chose for a topic, defaults filled in.
func Definition(t *messagingv1.Topic) store.Definition {
	return store.Definition{
		Labels:          maps.Clone(t.GetLabels()),
		Retention:       storedRetention(t.GetRetention()),
		MaxMessageBytes: maxMessageBytes(t),
		DedupWindow:     window(t),
		DedupMaxIDs:     maxIDs,
	}
}

// differing names the fields in which a topic that exists has another definition,
// to be put behind it.
func differing(err error) string {
	exists, ok := errors.AsType[*store.TopicExistsError](err)
	if !ok {
		return ""
	}
	a, b := exists.Existing, exists.Wanted
	var fields []string
	for _, field := range []struct {
		name  string
		equal bool
	}{
		{"labels", maps.Equal(a.Labels, b.Labels)},
		{"retention", a.Retention == b.Retention},
		{"max_message_bytes", a.MaxMessageBytes == b.MaxMessageBytes},
		{"deduplication_window", a.DedupWindow == b.DedupWindow},
	} {
		if !field.equal {
			fields = append(fields, field.name)
		}
	}
	if len(fields) == 0 {
		return ""
	}
	return " (other " + strings.Join(fields, ", ") + ")"
}

func storedRetention(r *messagingv1.Retention) store.Retention {
	return store.Retention{MaxAge: r.GetMaxAge().AsDuration(), MaxBytes: r.GetMaxBytes(), MaxMessages: r.GetMaxMessages()}
}

func maxMessageBytes(t *messagingv1.Topic) int {
	if t.GetMaxMessageBytes() == 0 {
		return defaultMaxMessageBytes
	}
	return int(t.GetMaxMessageBytes())
}

func window(t *messagingv1.Topic) time.Duration {
	if t.GetDeduplicationWindow() == nil {
		return defaultWindow
	}
	return t.GetDeduplicationWindow().AsDuration()
}

// Update returns a definition with the fields that paths name taken from t. The
// paths have passed the contract's rules.
func Update(def store.Definition, t *messagingv1.Topic, paths []string) store.Definition {
	for _, path := range paths {
		switch path {
		case "labels":
			def.Labels = maps.Clone(t.GetLabels())
		case "retention":
			def.Retention = storedRetention(t.GetRetention())
		case "retention.max_age":
			def.Retention.MaxAge = t.GetRetention().GetMaxAge().AsDuration()
		case "retention.max_bytes":
			def.Retention.MaxBytes = t.GetRetention().GetMaxBytes()
		case "retention.max_messages":
			def.Retention.MaxMessages = t.GetRetention().GetMaxMessages()
		case "max_message_bytes":
			def.MaxMessageBytes = maxMessageBytes(t)
		case "deduplication_window":
			def.DedupWindow = window(t)
		}
	}
	return def
}
