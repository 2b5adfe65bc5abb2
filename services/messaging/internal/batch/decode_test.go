package batch_test

import (
	"bytes"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/batch"
)

// batchRequest is a request with a batch.
type batchRequest interface {
	proto.Message
	GetMessages() []*messagingv1.Message
}

// shapes are the requests that carry a batch.
func shapes(r *messagingv1.PublishRequest) []proto.Message {
	return []proto.Message{
		r,
		&messagingv1.PublishStreamRequest{Topic: r.GetTopic(), Messages: r.GetMessages(), ExpectedEpoch: r.GetExpectedEpoch()},
		exchanged(r),
	}
}

func exchanged(r *messagingv1.PublishRequest) *messagingv1.ExchangeRequest {
	return &messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Publish{
		Publish: &messagingv1.PublishCommand{CorrelationId: 7, Request: r, StopOnFailure: true},
	}}
}

// batchOf returns the part of a request that has the batch, nil if it has none.
func batchOf(message proto.Message) batchRequest {
	switch m := message.(type) {
	case batchRequest:
		return m
	case *messagingv1.ExchangeRequest:
		return m.GetPublish().GetRequest()
	default:
		return nil
	}
}

func valid(message proto.Message) bool {
	return protovalidate.Validate(message) == nil && protovalidate.Validate(batchOf(message)) == nil
}

var canonical = proto.MarshalOptions{Deterministic: true}

// TestDecodeTakesWhatLibrariesWrite keeps the short way from falling into disuse:
// of the seeds, it takes exactly those that keep the rules.
func TestDecodeTakesWhatLibrariesWrite(t *testing.T) {
	t.Parallel()
	for i, seed := range seeds() {
		for _, message := range shapes(seed) {
			encoded, err := proto.Marshal(message)
			if err != nil {
				t.Fatal(err)
			}
			decoded := message.ProtoReflect().New().Interface()
			got := batch.Decode(encoded, decoded)
			if want := valid(message); got != want {
				t.Errorf("seed %d: took %T: %v, want %v: %.200v", i, message, got, want, message)
			} else if got {
				clear(encoded) // is the caller's again
				same(t, decoded, message)
			}
		}
	}
}

// FuzzDecode holds the decoder to the library: what it takes is what the library
// decodes, valid, without unknown fields and encoded as the library encodes it. And
// it takes all that the library writes of a valid request.
func FuzzDecode(f *testing.F) {
	for _, seed := range seeds() {
		for _, message := range shapes(seed) {
			encoded, err := canonical.Marshal(message)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(encoded)
		}
	}
	for _, odd := range oddities() {
		if len(odd.encoded) < 1<<16 { // the rules take long for the others
			f.Add(odd.encoded)
		}
	}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		for _, message := range shapes(&messagingv1.PublishRequest{}) {
			taken, library := message.ProtoReflect().New().Interface(), message.ProtoReflect().New().Interface()
			decodes := proto.Unmarshal(encoded, library) == nil
			if batch.Decode(encoded, taken) {
				if !decodes || !valid(library) || hasUnknown(library.ProtoReflect()) {
					t.Fatalf("took what has to be refused: %v", library)
				}
				same(t, taken, library)
				continue
			}
			if !decodes || hasUnknown(library.ProtoReflect()) || batchOf(library) == nil || !valid(library) {
				continue
			}
			if written, err := canonical.Marshal(library); err == nil && bytes.Equal(written, encoded) {
				t.Fatalf("did not take what the library writes: %v", library)
			}
		}
	})
}

// same fails the test unless a request that was taken is the one the library has
// decoded, and its batch what the library encodes.
func same(t *testing.T, taken, library proto.Message) {
	t.Helper()
	encoded, err := proto.Marshal(taken)
	again := library.ProtoReflect().New().Interface()
	if err != nil || proto.Unmarshal(encoded, again) != nil || !proto.Equal(again, library) {
		t.Fatalf("took another request (%v):\n%v\n%v", err, again, library)
	}
	want := batchOf(library).GetMessages()
	got, err := batch.Messages(batchOf(taken))
	if err != nil || len(got) != len(want) || batch.Count(batchOf(taken)) != len(want) {
		t.Fatalf("got %d messages, %v, want %d", len(got), err, len(want))
	}
	for i, m := range want {
		stored := &messagingv1.Message{}
		if err := proto.Unmarshal(got[i].Data, stored); err != nil || !proto.Equal(stored, m) || got[i].ID != m.GetId() {
			t.Fatalf("message %d: got %q, %v, %v, want %v", i, got[i].ID, stored, err, m)
		}
		// Attributes have no order; all else has one form.
		if written, err := canonical.Marshal(m); err != nil || len(written) != len(got[i].Data) ||
			len(m.GetAttributes()) < 2 && !bytes.Equal(written, got[i].Data) {
			t.Fatalf("message %d: got %x, the library writes %x, %v", i, got[i].Data, written, err)
		}
	}
}

func hasUnknown(m protoreflect.Message) (found bool) {
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap() || field.Message() == nil:
		case field.IsList():
			for i := range value.List().Len() {
				found = found || hasUnknown(value.List().Get(i).Message())
			}
		default:
			found = found || hasUnknown(value.Message())
		}
		return true
	})
	return found || len(m.GetUnknown()) > 0
}

// TestOnlyMessagesNest holds what Decode rests on: beside the messages, a request
// has nothing in which unknown fields could hide.
func TestOnlyMessagesNest(t *testing.T) {
	t.Parallel()
	for _, message := range []proto.Message{
		&messagingv1.PublishRequest{}, &messagingv1.PublishStreamRequest{}, &messagingv1.PublishCommand{},
	} {
		fields := message.ProtoReflect().Descriptor().Fields()
		for i := range fields.Len() {
			if field := fields.Get(i); field.Message() != nil && field.Number() != 2 {
				t.Errorf("%s nests: Decode has to look for unknown fields in it", field.FullName())
			}
		}
	}
}

// Unknown fields that no codec lets through are not stored.
func TestMessagesOfUnknownFields(t *testing.T) {
	t.Parallel()
	for name, unknown := range map[string][]byte{
		"another field": protowire.AppendVarint(protowire.AppendTag(nil, 100, protowire.VarintType), 1),
		"no message":    {0x12, 0x02, 0x08, 0x01},
		"cut":           {0x12, 0x05, 0x32},
	} {
		r := &messagingv1.PublishRequest{Topic: "a"}
		r.ProtoReflect().SetUnknown(unknown)
		if messages, err := batch.Messages(r); err == nil {
			t.Errorf("%s: got %v", name, messages)
		}
	}
}
