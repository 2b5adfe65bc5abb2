package interceptor_test

import (
	"errors"
	"testing"

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
