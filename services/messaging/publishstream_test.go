package messaging_test

import (
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/server/servertest"
)

// streamed sends batches until the server ends the stream.
func (c caller) streamed(t testing.TB, batches ...*messagingv1.PublishStreamRequest) (*messagingv1.StreamReceipt, error) {
	t.Helper()
	stream, err := c.PublishStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range batches {
		if stream.Send(batch) != nil {
			break // the outcome says why
		}
	}
	res, err := stream.CloseAndReceive()
	return res.GetReceipt(), err
}

func TestPublishStream(t *testing.T) {
	t.Parallel()
	server := start(t, t.TempDir())
	for _, wire := range servertest.Wires() {
		t.Run(wire.String(), func(t *testing.T) {
			t.Parallel()
			c := server.call(t, wire)
			name := "s" + string(rune('a'+len(wire.String())%26)) + wire.Codec.String() + wire.Protocol.String()
			c.create(t, &messagingv1.Topic{Name: name})
			var batches []*messagingv1.PublishStreamRequest
			for i := range 100 {
				batches = append(batches, &messagingv1.PublishStreamRequest{Messages: texts(i, 5)})
			}
			batches[0].Topic, batches[7].Topic = name, name
			batches[3].Messages = []*messagingv1.Message{text("a", ""), text("b", "")}
			batches[4].Messages = []*messagingv1.Message{text("b", ""), text("c", "")}
			receipt, err := c.streamed(t, batches...)
			if err != nil || receipt.GetStoredMessages() != 98*5+3 || receipt.GetDuplicateMessages() != 1 ||
				receipt.GetStoredBatches() != 100 || receipt.GetFirstSequence() != 1 || receipt.GetLastSequence() != 493 ||
				receipt.GetCursor().GetSequence() != 493 || receipt.GetDurability() != messagingv1.Durability_DURABILITY_SYNCED {
				t.Errorf("receipt %v, %v", receipt, err)
			}
		})
	}
}

// TestPublishStreamFails stores what came before the failure and nothing after.
func TestPublishStreamFails(t *testing.T) {
	t.Parallel()
	server := start(t, t.TempDir())
	c := server.call(t, binary)
	c.create(t, &messagingv1.Topic{Name: "a", MaxMessageBytes: 100})
	good := &messagingv1.PublishStreamRequest{Topic: "a", Messages: texts(0, 2)}
	var last uint64
	for name, test := range map[string]struct {
		bad    *messagingv1.PublishStreamRequest
		code   connect.Code
		reason errorv1.Reason
	}{
		"too large": {
			&messagingv1.PublishStreamRequest{Messages: []*messagingv1.Message{{Payload: &messagingv1.Message_Data{Data: make([]byte, 100)}}}},
			connect.CodeInvalidArgument, errorv1.Reason_REASON_MESSAGE_OVER_TOPIC_LIMIT,
		},
		"no messages":   {&messagingv1.PublishStreamRequest{}, connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD},
		"another topic": {&messagingv1.PublishStreamRequest{Topic: "b", Messages: texts(0, 1)}, connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD},
		"another epoch": {&messagingv1.PublishStreamRequest{ExpectedEpoch: "e", Messages: texts(0, 1)}, connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.streamed(t, good, good, test.bad, good)
			fails(t, err, test.code, test.reason)
			partial := partialReceipt(t, err)
			if partial.GetStoredBatches() != 2 || partial.GetStoredMessages() != 4 || partial.GetLastSequence() != last+4 {
				t.Errorf("partial receipt %v", partial)
			}
			last += 4
			topic, err := c.GetTopic(t.Context(), &messagingv1.GetTopicRequest{Name: "a"})
			if err != nil || topic.GetTopic().GetLastSequence() != last {
				t.Errorf("topic %v, %v, want last %d", topic, err, last)
			}
		})
	}
	_, err := c.streamed(t)
	fails(t, err, connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD)
	_, err = c.streamed(t, &messagingv1.PublishStreamRequest{Messages: texts(0, 1)})
	fails(t, err, connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD)
	_, err = c.streamed(t, &messagingv1.PublishStreamRequest{Topic: "missing", Messages: texts(0, 1)})
	fails(t, err, connect.CodeNotFound, errorv1.Reason_REASON_TOPIC_NOT_FOUND)
}

// partialReceipt returns the first detail of an error.
func partialReceipt(t testing.TB, err error) *messagingv1.StreamReceipt {
	t.Helper()
	authored, ok := err.(*connect.Error) //nolint:errorlint // as clients get it
	if !ok || len(authored.Details()) == 0 {
		t.Fatalf("got %v", err)
	}
	detail, err := connectproto.UnmarshalErrorDetail(authored.Details()[0])
	if err != nil {
		t.Fatal(err)
	}
	receipt, ok := detail.(*messagingv1.StreamReceipt)
	if !ok {
		t.Fatalf("first detail is %v", detail)
	}
	return receipt
}
