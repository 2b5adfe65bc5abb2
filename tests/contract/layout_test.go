package contract

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// TestDeliveryLayout holds the promise the store relies on: one encoding of a
// message list serves every response that delivers.
func TestDeliveryLayout(t *testing.T) {
	t.Parallel()
	message, err := proto.Marshal(&messagingv1.Message{
		Sequence: 7, Payload: &messagingv1.Message_Text{Text: "hello"},
	})
	if err != nil {
		t.Fatal(err)
	}
	stored := protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), message)
	for _, response := range []proto.Message{
		&messagingv1.SubscribeResponse{}, &messagingv1.ReadMessagesResponse{}, &messagingv1.ExchangeDelivery{},
	} {
		name := response.ProtoReflect().Descriptor().Name()
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			for number, field := range []protoreflect.Name{1: "gap", 2: "messages", 3: "cursor", 4: "last_sequence"} {
				if number == 0 {
					continue
				}
				got := response.ProtoReflect().Descriptor().Fields().ByNumber(protoreflect.FieldNumber(number))
				if got == nil || got.Name() != field {
					t.Errorf("field %d is %v, want %s", number, got, field)
				}
			}
			response.ProtoReflect().SetUnknown(stored)
			wire, err := proto.Marshal(response)
			if err != nil {
				t.Fatal(err)
			}
			decoded := response.ProtoReflect().New().Interface()
			if err := proto.Unmarshal(wire, decoded); err != nil {
				t.Fatal(err)
			}
			got := decoded.(interface {
				GetMessages() []*messagingv1.Message
			}).GetMessages()
			if len(got) != 1 || got[0].GetSequence() != 7 || got[0].GetText() != "hello" {
				t.Errorf("messages = %v, want the one spliced in", got)
			}
		})
	}
}
