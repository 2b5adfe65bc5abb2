package interceptor_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"buf.build/go/protovalidate"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/interceptor"
)

// A small request is told all that is wrong with it. What a large one is told does
// not grow with it.
func TestValidatorCountsViolations(t *testing.T) {
	t.Parallel()
	validator, err := interceptor.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	for messages, want := range map[int]int{2: 3, 40_000: 1} {
		request := &messagingv1.PublishRequest{} // without a topic
		for range messages {
			request.Messages = append(request.Messages, &messagingv1.Message{})
		}
		failed, ok := errors.AsType[*protovalidate.ValidationError](validator.Validate(request))
		if !ok || len(failed.Violations) != want {
			t.Errorf("%d empty messages: got %v, want %d violations", messages, failed, want)
		}
	}
}

// A long key of a map does not come back whole.
func TestValidatorClipsKeys(t *testing.T) {
	t.Parallel()
	validator, err := interceptor.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{strings.Repeat("a", 200), strings.Repeat("ü", 1<<20)} {
		request := &messagingv1.CreateTopicRequest{Topic: &messagingv1.Topic{Name: "a", Labels: map[string]string{key: ""}}}
		failed, ok := errors.AsType[*protovalidate.ValidationError](validator.Validate(request))
		if !ok || len(failed.Violations) != 1 {
			t.Fatalf("got %v, want one violation", failed)
		}
		path := protovalidate.FieldPathString(failed.Violations[0].Proto.GetField())
		if whole := strings.Contains(path, key); whole != (len(key) == 200) || len(path) > 300 || !utf8.ValidString(path) {
			t.Errorf("the path has %d bytes: %.40s", len(path), path)
		}
		if _, ok := request.GetTopic().GetLabels()[key]; !ok {
			t.Error("the request is changed")
		}
	}
}
