package unary_test

import (
	"strings"
	"testing"

	"buf.build/go/protovalidate"

	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/services/unary"
)

// The precheck passes nothing that the schema refuses, and does pass the common
// case: otherwise it would be of no use.
func TestPrecheck(t *testing.T) {
	t.Parallel()
	precheck := unary.New().Precheck
	longest := strings.Repeat("x", 1<<16)
	for _, request := range []*unaryv1.GetServerResponseRequest{
		{}, {Message: "x"}, {Message: longest}, {Message: longest + "x"}, {Message: longest[1:] + "é"},
	} {
		err := protovalidate.Validate(request)
		if precheck(request) && err != nil {
			t.Errorf("passed a message of %d bytes: %v", len(request.GetMessage()), err)
		}
	}
	if !precheck(&unaryv1.GetServerResponseRequest{Message: longest}) {
		t.Error("did not pass a valid message")
	}
	if precheck(&unaryv1.GetServerResponseResponse{Message: "x"}) {
		t.Error("passed a message it does not know")
	}
}
