package contract

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// TestNumbersLeftFree holds the room that comments promise. A `reserved`
// statement could never be removed again, so a test keeps it instead.
func TestNumbersLeftFree(t *testing.T) {
	t.Parallel()
	tests := []struct {
		message protoreflect.MessageDescriptor
		free    []protoreflect.FieldNumber
	}{
		{(&messagingv1.Topic{}).ProtoReflect().Descriptor(), []protoreflect.FieldNumber{6}},
		{(&messagingv1.Message{}).ProtoReflect().Descriptor(), []protoreflect.FieldNumber{8, 9}},
	}
	for _, test := range tests {
		t.Run(string(test.message.Name()), func(t *testing.T) {
			t.Parallel()
			for _, number := range test.free {
				if field := test.message.Fields().ByNumber(number); field != nil {
					t.Errorf("number %d is used by %s, but left free for something else", number, field.Name())
				}
			}
		})
	}
}

// TestNothingReserved notices the statements that would close the room for good.
func TestNothingReserved(t *testing.T) {
	t.Parallel()
	eachMessage(func(message protoreflect.MessageDescriptor) {
		if message.ReservedRanges().Len() > 0 || message.ReservedNames().Len() > 0 {
			t.Errorf("%s reserves numbers or names; say so in a comment and in TestNumbersLeftFree", message.FullName())
		}
	})
}
