package topics

import (
	"errors"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"

	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
	"github.com/parleyhq/parley/cmd/parley/internal/quantity"
)

func TestDefinition(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		flags definition
		topic string
		given []string
	}{
		"nothing":        {definition{}, `{"name":"t"}`, nil},
		"retention":      {definition{MaxAge: new(quantity.Period(time.Hour)), MaxMessages: new(uint64(7))}, `{"name":"t","retention":{"maxAge":"3600s","maxMessages":"7"}}`, []string{"max-age", "max-messages"}},
		"bytes":          {definition{MaxBytes: new(quantity.Bytes(1 << 40))}, `{"name":"t","retention":{"maxBytes":"1099511627776"}}`, []string{"max-bytes"}},
		"no ids":         {definition{DedupWindow: new(quantity.Period(0))}, `{"name":"t","deduplicationWindow":"0s"}`, []string{"dedup-window"}},
		"labels":         {definition{Label: map[string]string{"a": "b"}}, `{"name":"t","labels":{"a":"b"}}`, []string{"label"}},
		"a size too big": {definition{MaxMessageBytes: new(quantity.Bytes(1 << 40))}, `{"name":"t","maxMessageBytes":4294967295}`, []string{"max-message-bytes"}},
	} {
		var want messagingv1.Topic
		if err := protojson.Unmarshal([]byte(test.topic), &want); err != nil {
			t.Fatal(err)
		}
		topic, given, err := test.flags.topic("t")
		if err != nil || !proto.Equal(topic, &want) || !slices.Equal(given, test.given) {
			t.Errorf("%s: %v, %v, %v", name, topic, given, err)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ given, cleared, paths []string }{
		{[]string{"label"}, nil, []string{"labels"}},
		{[]string{"max-age"}, []string{"max-bytes"}, []string{"retention.max_age", "retention.max_bytes"}},
		{nil, []string{"max-messages", "max-message-bytes", "dedup-window"}, []string{"retention.max_messages", "max_message_bytes", "deduplication_window"}},
		{nil, nil, nil}, // errors from here on
		{[]string{"label"}, []string{"label"}, nil},
		{nil, []string{"name"}, nil},
	} {
		paths, err := mask(test.given, test.cleared)
		if !slices.Equal(paths, test.paths) || (test.paths == nil) != errors.Is(err, outcome.ErrUsage) {
			t.Errorf("%v, %v: %v, %v", test.given, test.cleared, paths, err)
		}
	}
}
