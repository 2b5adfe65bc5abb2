package frame_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/frame"
)

func TestAppendAndWalk(t *testing.T) {
	t.Parallel()
	stamp := frame.NewStamp(time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC).UnixMicro())
	encoded := protowire.AppendString(protowire.AppendTag(nil, 6, protowire.BytesType), "hello")
	var run []byte
	for sequence := uint64(126); sequence < 131; sequence++ {
		before := len(run)
		run = frame.Append(run, encoded, sequence, stamp)
		if got, want := len(run)-before, frame.Size(len(encoded), sequence, stamp); got != want {
			t.Errorf("frame of %d bytes, Size says %d", got, want)
		}
	}
	rest := run
	for want := uint64(126); want < 131; want++ {
		message, n, err := frame.Next(rest)
		if err != nil || !bytes.HasPrefix(message, encoded) || len(message) != frame.MessageSize(len(encoded), want, stamp) {
			t.Fatalf("Next: %x, %v", message, err)
		}
		if got, err := frame.Sequence(message); err != nil || got != want {
			t.Errorf("Sequence: %d, %v, want %d", got, err, want)
		}
		rest = rest[n:]
	}
	skipped, err := frame.Skip(run, 2)
	if err != nil || skipped != frame.Size(len(encoded), 126, stamp)+frame.Size(len(encoded), 127, stamp) {
		t.Errorf("Skip: %d, %v", skipped, err)
	}
	if _, err := frame.Skip(run, 6); !errors.Is(err, frame.ErrMalformed) {
		t.Errorf("Skip beyond the end: %v", err)
	}
	if n, size, err := frame.Fit(run, 5, skipped+3); err != nil || n != 2 || size != skipped {
		t.Errorf("Fit: %d, %d, %v", n, size, err)
	}
	if n, _, err := frame.Fit(run, 5, 1); err != nil || n != 1 {
		t.Errorf("Fit of the first: %d, %v", n, err)
	}
}

func FuzzWalk(f *testing.F) {
	f.Add(frame.Append(nil, []byte{0x32, 1, 'x'}, 7, frame.NewStamp(1)))
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, run []byte) {
		for len(run) > 0 {
			message, n, err := frame.Next(run)
			if err != nil {
				return
			}
			if n <= 0 || n > len(run) || len(message) >= n {
				t.Fatalf("frame of %d, message of %d, run of %d bytes", n, len(message), len(run))
			}
			_, _ = frame.Sequence(message)
			run = run[n:]
		}
	})
}

// TestFieldNumbers holds the log's field numbers equal to the contract's.
func TestFieldNumbers(t *testing.T) {
	t.Parallel()
	message := (&messagingv1.Message{}).ProtoReflect().Descriptor()
	for _, test := range []struct {
		in   protoreflect.MessageDescriptor
		name protoreflect.Name
		want protowire.Number
		kind protoreflect.Kind
		list bool
	}{
		{(&messagingv1.SubscribeResponse{}).ProtoReflect().Descriptor(), "messages", frame.FieldMessages, protoreflect.MessageKind, true},
		{(&messagingv1.ReadMessagesResponse{}).ProtoReflect().Descriptor(), "messages", frame.FieldMessages, protoreflect.MessageKind, true},
		{(&messagingv1.ExchangeDelivery{}).ProtoReflect().Descriptor(), "messages", frame.FieldMessages, protoreflect.MessageKind, true},
		{message, "sequence", frame.FieldSequence, protoreflect.Uint64Kind, false},
		{message, "publish_time", frame.FieldPublishTime, protoreflect.MessageKind, false},
	} {
		field := test.in.Fields().ByName(test.name)
		if field == nil || field.Number() != test.want || field.Kind() != test.kind || field.IsList() != test.list {
			t.Errorf("%s.%s: %v, want %s with number %d", test.in.FullName(), test.name, field, test.kind, test.want)
			continue
		}
		if test.list && field.Message() != message {
			t.Errorf("%s is a list of %s", field.FullName(), field.Message().FullName())
		}
	}
}

// TestAppendedMessage decodes a frame as a client does.
func TestAppendedMessage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	encoded, err := proto.Marshal(&messagingv1.Message{Id: "x", Payload: &messagingv1.Message_Text{Text: "hello"}})
	if err != nil {
		t.Fatal(err)
	}
	var got messagingv1.SubscribeResponse
	if err := proto.Unmarshal(frame.Append(nil, encoded, 7, frame.NewStamp(at.UnixMicro())), &got); err != nil {
		t.Fatal(err)
	}
	want := &messagingv1.SubscribeResponse{Messages: []*messagingv1.Message{{
		Sequence: 7, PublishTime: timestamppb.New(at), Id: "x", Payload: &messagingv1.Message_Text{Text: "hello"},
	}}}
	if !proto.Equal(&got, want) {
		t.Errorf("decoded %v, want %v", &got, want)
	}
}
