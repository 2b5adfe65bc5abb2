package bidirectional_test

import (
	"strings"
	"testing"

	"buf.build/go/protovalidate"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/services/bidirectional"
)

// The precheck passes nothing that the schema refuses, and does pass the common
// case: otherwise it would be of no use.
func TestPrecheck(t *testing.T) {
	t.Parallel()
	precheck := bidirectional.New().Precheck
	longest := strings.Repeat("x", 1<<16)
	for _, request := range []*bidirectionalv1.GetServerResponseRequest{
		{},
		{Message: "x"},
		{Message: longest},
		{Message: longest + "x"},
		{Message: longest[1:] + "é"},
		{Message: "x", AnswerTiming: 1},
		{Message: "x", AnswerTiming: 99},
		{AnswerTiming: 99},
	} {
		err := protovalidate.Validate(request)
		if precheck(request) && err != nil {
			t.Errorf("passed a message of %d bytes: %v", len(request.GetMessage()), err)
		}
	}
	if !precheck(&bidirectionalv1.GetServerResponseRequest{Message: longest}) {
		t.Error("did not pass a valid message")
	}
	if precheck(&bidirectionalv1.GetServerResponseResponse{Message: "x"}) {
		t.Error("passed a message it does not know")
	}
}
