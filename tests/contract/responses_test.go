package contract

import (
	"slices"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// TestResponsesHaveNoRules holds that rules bind requests only: a client that
// validates must not refuse what a newer server sends.
func TestResponsesHaveNoRules(t *testing.T) {
	t.Parallel()
	asked := requests()
	var seen int
	eachMessage(func(message protoreflect.MessageDescriptor) {
		if slices.Contains(asked, message.FullName()) {
			return
		}
		seen++
		if proto.HasExtension(message.Options(), validate.E_Message) {
			t.Errorf("%s has rules", message.FullName())
		}
		for i := range message.Fields().Len() {
			if field := message.Fields().Get(i); proto.HasExtension(field.Options(), validate.E_Field) {
				t.Errorf("%s has rules", field.FullName())
			}
		}
		for i := range message.Oneofs().Len() {
			if oneof := message.Oneofs().Get(i); proto.HasExtension(oneof.Options(), validate.E_Oneof) {
				t.Errorf("%s has rules", oneof.FullName())
			}
		}
	})
	if seen == 0 {
		t.Error("no message occurs in responses only: the test looks at nothing")
	}
}
