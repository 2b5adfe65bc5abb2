package parley

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/timestamppb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// TestInvalidMessages holds that the caller hears of a mistake, and nobody else.
func TestInvalidMessages(t *testing.T) {
	t.Parallel()
	p, err := NewPublisher(scripted{}.client(), PublisherConfig{Topic: "orders"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close(t.Context()) }()
	content := &messagingv1.Message_Text{Text: "x"}
	unknown := &messagingv1.Message{Payload: content}
	unknown.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 100, protowire.VarintType), 1))
	many := map[string]string{}
	for i := range 65 {
		many[strings.Repeat("x", i+1)] = ""
	}
	for name, message := range map[string]*messagingv1.Message{
		"nil": nil, "no content": {}, "unknown field": unknown,
		"sequence": {Sequence: 1, Payload: content}, "time": {PublishTime: timestamppb.Now(), Payload: content},
		"long id": {Id: strings.Repeat("x", 129), Payload: content}, "long key": {Key: strings.Repeat("x", 257), Payload: content},
		"key of bytes": {Key: "\xff", Payload: content}, "text of bytes": {Payload: &messagingv1.Message_Text{Text: "\xff"}},
		"empty name": {Attributes: map[string]string{"": "x"}, Payload: content}, "many attributes": {Attributes: many, Payload: content},
		"long value": {Attributes: map[string]string{"x": strings.Repeat("x", 4097)}, Payload: content},
		"too large":  {Payload: &messagingv1.Message_Data{Data: make([]byte, 3<<20)}},
	} {
		if _, err := p.Publish(t.Context(), message); !errors.Is(err, ErrInvalidMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInvalidConfig(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]PublisherConfig{
		"no topic": {}, "prefix": {Topic: "t", IDPrefix: strings.Repeat("x", 101)}, "bytes": {Topic: "t", IDPrefix: "\xff"},
		"batch": {Topic: "t", BatchMessages: 1001}, "batch bytes": {Topic: "t", BatchBytes: 4 << 20},
		"in flight": {Topic: "t", InFlight: -1}, "linger": {Topic: "t", Linger: -1}, "retry": {Topic: "t", RetryFor: -1},
	} {
		if p, err := NewPublisher(scripted{}.client(), config); err == nil {
			t.Errorf("%s is accepted", name)
			_ = p.Close(t.Context())
		}
	}
}
