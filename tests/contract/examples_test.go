package contract

import (
	"os"
	"regexp"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// TestExamples holds that every request the guide shows is one of its method's
// input and keeps its rules. The guide shows each method at least once where
// curl can call it.
func TestExamples(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/messaging-by-example.md")
	if err != nil {
		t.Fatal(err)
	}
	call := regexp.MustCompile(`(?s)(?:-d '|'message=)(\{[^']*\})'.*?http://127\.0\.0\.1:8080/([\w.]+)/(\w+)`)
	shown := map[string]bool{}
	for _, found := range call.FindAllStringSubmatch(string(guide), -1) {
		body, service, method := found[1], found[2], found[3]
		shown[method] = true
		descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service + "." + method))
		if err != nil {
			t.Errorf("%s/%s: %v", service, method, err)
			continue
		}
		input := descriptor.(protoreflect.MethodDescriptor).Input()
		kind, err := protoregistry.GlobalTypes.FindMessageByName(input.FullName())
		if err != nil {
			t.Fatal(err)
		}
		request := kind.New().Interface()
		if err := protojson.Unmarshal([]byte(body), request); err != nil {
			t.Errorf("%s %s: %v", method, body, err)
		} else if err := protovalidate.Validate(request); err != nil {
			t.Errorf("%s %s: %v", method, body, err)
		}
	}
	for _, method := range []string{
		"CreateTopic", "GetTopic", "ListTopics", "UpdateTopic", "DeleteTopic", "PurgeTopic",
		"Publish", "ReadMessages", "Subscribe",
	} {
		if !shown[method] {
			t.Errorf("the guide does not show %s", method)
		}
	}
}
