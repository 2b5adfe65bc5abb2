package messaging_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/server/servertest"
)

// everyWire runs a test over three protocols with two codecs each.
func everyWire(t *testing.T, test func(t *testing.T, c caller)) {
	t.Parallel()
	server := start(t, t.TempDir())
	for i, wire := range servertest.Wires() {
		t.Run(wire.String(), func(t *testing.T) {
			c := server.call(t, wire)
			c.create(t, &messagingv1.Topic{Name: fmt.Sprintf("t%d", i)})
			test(t, c)
			if _, err := c.DeleteTopic(t.Context(), &messagingv1.DeleteTopicRequest{Name: fmt.Sprintf("t%d", i)}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTopics(t *testing.T) {
	everyWire(t, func(t *testing.T, c caller) {
		created := c.create(t, &messagingv1.Topic{Name: "a", Labels: map[string]string{"team": "x"}})
		if created.GetMaxMessageBytes() != 1<<20 || created.GetDeduplicationWindow().AsDuration() != 10*time.Minute ||
			created.GetEpoch() == "" || created.GetFirstSequence() != 1 || created.GetRetention() != nil {
			t.Errorf("created %v", created)
		}
		again := c.create(t, &messagingv1.Topic{Name: "a", Labels: map[string]string{"team": "x"}, Retention: &messagingv1.Retention{}, MaxMessageBytes: 1 << 20})
		if again.GetEpoch() != created.GetEpoch() {
			t.Error("an equal definition made another topic")
		}
		_, err := c.CreateTopic(t.Context(), &messagingv1.CreateTopicRequest{Topic: &messagingv1.Topic{Name: "a"}})
		fails(t, err, connect.CodeAlreadyExists, errorv1.Reason_REASON_TOPIC_ALREADY_EXISTS)

		update := &messagingv1.UpdateTopicRequest{
			Topic:      &messagingv1.Topic{Name: "a", MaxMessageBytes: 100, Retention: &messagingv1.Retention{MaxMessages: 7, MaxBytes: 9}},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"max_message_bytes", "retention.max_messages"}},
		}
		updated, err := c.UpdateTopic(t.Context(), update)
		if got := updated.GetTopic(); err != nil || got.GetMaxMessageBytes() != 100 || got.GetRetention().GetMaxMessages() != 7 ||
			got.GetRetention().GetMaxBytes() != 0 || got.GetLabels()["team"] != "x" {
			t.Errorf("updated %v, %v", got, err)
		}
		update.ExpectedEpoch = "another"
		_, err = c.UpdateTopic(t.Context(), update)
		fails(t, err, connect.CodeAborted, errorv1.Reason_REASON_EPOCH_MISMATCH)
		update.Topic.Name, update.ExpectedEpoch = "missing", ""
		_, err = c.UpdateTopic(t.Context(), update)
		fails(t, err, connect.CodeNotFound, errorv1.Reason_REASON_TOPIC_NOT_FOUND)

		c.create(t, &messagingv1.Topic{Name: "b"})
		var names []string
		for token := ""; ; {
			page, err := c.ListTopics(t.Context(), &messagingv1.ListTopicsRequest{PageSize: 1, PageToken: token})
			if err != nil {
				t.Fatal(err)
			}
			for _, topic := range page.GetTopics() {
				names = append(names, topic.GetName())
			}
			if token = page.GetNextPageToken(); token == "" {
				break
			}
		}
		if len(names) != 3 || names[0] != "a" || names[1] != "b" {
			t.Errorf("listed %v", names)
		}
		_, err = c.ListTopics(t.Context(), &messagingv1.ListTopicsRequest{PageToken: "made up"})
		fails(t, err, connect.CodeInvalidArgument, errorv1.Reason_REASON_PAGE_TOKEN_INVALID)
		_, err = c.DeleteTopic(t.Context(), &messagingv1.DeleteTopicRequest{Name: "a", ExpectedEpoch: "another"})
		fails(t, err, connect.CodeAborted, errorv1.Reason_REASON_EPOCH_MISMATCH)
		for _, name := range []string{"a", "b"} {
			if _, err = c.DeleteTopic(t.Context(), &messagingv1.DeleteTopicRequest{Name: name}); err != nil {
				t.Error(err)
			}
			_, err = c.GetTopic(t.Context(), &messagingv1.GetTopicRequest{Name: name})
			fails(t, err, connect.CodeNotFound, errorv1.Reason_REASON_TOPIC_NOT_FOUND)
		}
	})
}

func TestPublish(t *testing.T) {
	everyWire(t, func(t *testing.T, c caller) {
		topic := c.create(t, &messagingv1.Topic{Name: "p", MaxMessageBytes: 200})
		first := c.publish(t, "p", text("1", "a"), text("2", "b"))
		if first.GetFirstSequence() != 1 || first.GetLastSequence() != 2 || first.GetEpoch() != topic.GetEpoch() ||
			first.GetDurability() != messagingv1.Durability_DURABILITY_SYNCED || first.GetCursor().GetSequence() != 2 {
			t.Errorf("first receipt %v", first)
		}
		mixed := c.publish(t, "p", text("3", "c"), text("1", "again"), text("", "d"))
		if mixed.GetFirstSequence() != 3 || mixed.GetLastSequence() != 4 || len(mixed.GetDuplicates()) != 1 ||
			mixed.GetDuplicates()[0].GetIndex() != 1 || mixed.GetDuplicates()[0].GetSequence() != 1 {
			t.Errorf("mixed receipt %v", mixed)
		}
		only := c.publish(t, "p", text("2", "again"))
		if only.GetFirstSequence() != 0 || only.GetLastSequence() != 0 || only.GetCursor().GetSequence() != 2 {
			t.Errorf("receipt of duplicates %v", only)
		}
		compare := &messagingv1.PublishRequest{Topic: "p", Messages: texts(0, 1), ExpectedLastSequence: proto.Uint64(3)}
		_, err := c.Publish(t.Context(), compare)
		fails(t, err, connect.CodeAborted, errorv1.Reason_REASON_SEQUENCE_MISMATCH)
		compare.ExpectedLastSequence, compare.ExpectedEpoch = proto.Uint64(4), "another"
		_, err = c.Publish(t.Context(), compare)
		fails(t, err, connect.CodeAborted, errorv1.Reason_REASON_EPOCH_MISMATCH)
		compare.ExpectedEpoch = topic.GetEpoch()
		if _, err = c.Publish(t.Context(), compare); err != nil {
			t.Error(err)
		}
		compare.Messages = []*messagingv1.Message{text("1", "retried")} // ids come first
		if res, err := c.Publish(t.Context(), compare); err != nil || res.GetReceipt().GetDuplicates()[0].GetSequence() != 1 {
			t.Errorf("retry: %v, %v", res, err)
		}
		for name, test := range map[string]struct {
			messages []*messagingv1.Message
			code     connect.Code
			reason   errorv1.Reason
		}{
			"id twice":   {[]*messagingv1.Message{text("x", ""), text("x", "")}, connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD},
			"none":       {nil, connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD},
			"no payload": {[]*messagingv1.Message{{Key: "k"}}, connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD},
			"sequence":   {[]*messagingv1.Message{{Sequence: 1, Payload: &messagingv1.Message_Text{}}}, connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD},
			"too large": {
				[]*messagingv1.Message{text("", "fits"), {Payload: &messagingv1.Message_Data{Data: make([]byte, 200)}}},
				connect.CodeInvalidArgument, errorv1.Reason_REASON_MESSAGE_OVER_TOPIC_LIMIT,
			},
		} {
			_, err := c.Publish(t.Context(), &messagingv1.PublishRequest{Topic: "p", Messages: test.messages})
			if connect.CodeOf(err) != test.code {
				t.Error(name)
			}
			fails(t, err, test.code, test.reason)
		}
		_, err = c.Publish(t.Context(), &messagingv1.PublishRequest{Topic: "missing", Messages: texts(0, 1)})
		fails(t, err, connect.CodeNotFound, errorv1.Reason_REASON_TOPIC_NOT_FOUND)
		state, err := c.GetTopic(t.Context(), &messagingv1.GetTopicRequest{Name: "p"})
		if got := state.GetTopic(); err != nil || got.GetLastSequence() != 5 || got.GetStoredMessages() != 5 {
			t.Errorf("something refused was stored: %v, %v", got, err)
		}
		_, err = c.DeleteTopic(t.Context(), &messagingv1.DeleteTopicRequest{Name: "p"})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestStarts(t *testing.T) {
	everyWire(t, func(t *testing.T, c caller) {
		topic := c.create(t, &messagingv1.Topic{Name: "s"})
		defer func() { _, _ = c.DeleteTopic(t.Context(), &messagingv1.DeleteTopicRequest{Name: "s"}) }()
		for i := range 10 {
			c.publish(t, "s", &messagingv1.Message{Key: strconv.Itoa(i % 2), Payload: &messagingv1.Message_Data{Data: []byte{byte(i)}}})
		}
		if _, err := c.PurgeTopic(t.Context(), &messagingv1.PurgeTopicRequest{Name: "s", BeforeSequence: 4}); err != nil {
			t.Fatal(err)
		}
		_, err := c.PurgeTopic(t.Context(), &messagingv1.PurgeTopicRequest{Name: "s", BeforeSequence: 12})
		fails(t, err, connect.CodeOutOfRange, errorv1.Reason_REASON_POSITION_AHEAD)
		all, err := c.ReadMessages(t.Context(), &messagingv1.ReadMessagesRequest{Topic: "s"})
		if err != nil || len(all.GetMessages()) != 7 {
			t.Fatalf("read %v, %v", all, err)
		}
		time6 := all.GetMessages()[2].GetPublishTime()
		after := func(epoch string, sequence uint64) *messagingv1.Start {
			return &messagingv1.Start{Position: &messagingv1.Start_After{After: &messagingv1.Cursor{Epoch: epoch, Sequence: sequence}}}
		}
		for name, test := range map[string]struct {
			start *messagingv1.Start
			first uint64 // 0: nothing
			gap   messagingv1.GapReason
			fails bool
		}{
			"unset":            {nil, 4, 0, false},
			"earliest":         {&messagingv1.Start{Position: &messagingv1.Start_Earliest{Earliest: true}}, 4, 0, false},
			"end":              {&messagingv1.Start{Position: &messagingv1.Start_End{End: true}}, 0, 0, false},
			"sequence":         {&messagingv1.Start{Position: &messagingv1.Start_Sequence{Sequence: 8}}, 8, 0, false},
			"removed sequence": {&messagingv1.Start{Position: &messagingv1.Start_Sequence{Sequence: 2}}, 4, messagingv1.GapReason_GAP_REASON_RETENTION, false},
			"next sequence":    {&messagingv1.Start{Position: &messagingv1.Start_Sequence{Sequence: 11}}, 0, 0, false},
			"ahead":            {&messagingv1.Start{Position: &messagingv1.Start_Sequence{Sequence: 12}}, 0, 0, true},
			"after":            {after(topic.GetEpoch(), 8), 9, 0, false},
			"after removed":    {after(topic.GetEpoch(), 0), 4, messagingv1.GapReason_GAP_REASON_RETENTION, false},
			"after the end":    {after(topic.GetEpoch(), 10), 0, 0, false},
			"after ahead":      {after(topic.GetEpoch(), 11), 0, 0, true},
			"another epoch":    {after("another", 1000), 4, messagingv1.GapReason_GAP_REASON_TOPIC_RECREATED, false},
			"time":             {&messagingv1.Start{Position: &messagingv1.Start_Time{Time: time6}}, 6, 0, false},
			"early":            {&messagingv1.Start{Position: &messagingv1.Start_Time{Time: &timestamppb.Timestamp{Seconds: 1}}}, 4, 0, false},
			"future":           {&messagingv1.Start{Position: &messagingv1.Start_Time{Time: timestamppb.New(time.Now().Add(time.Hour))}}, 0, 0, false},
			"last":             {&messagingv1.Start{Position: &messagingv1.Start_Last{Last: 2}}, 9, 0, false},
			"last of fewer":    {&messagingv1.Start{Position: &messagingv1.Start_Last{Last: 100}}, 4, 0, false},
		} {
			t.Run(name, func(t *testing.T) {
				stream, err := c.Subscribe(t.Context(), &messagingv1.SubscribeRequest{Topic: "s", Start: test.start, StopAtHead: true})
				if err != nil {
					t.Fatal(err)
				}
				list, err := receiveAll(t, stream)
				page, pageErr := c.ReadMessages(t.Context(), &messagingv1.ReadMessagesRequest{Topic: "s", Start: test.start, MaxMessages: 1})
				if test.fails {
					fails(t, err, connect.CodeOutOfRange, errorv1.Reason_REASON_POSITION_AHEAD)
					fails(t, pageErr, connect.CodeOutOfRange, errorv1.Reason_REASON_POSITION_AHEAD)
					return
				}
				if err != nil || pageErr != nil || len(list) == 0 {
					t.Fatal(err, pageErr, list)
				}
				var got []*messagingv1.Message
				var gap *messagingv1.Gap
				for i, res := range list {
					got = append(got, res.GetMessages()...)
					if i == 0 {
						gap = res.GetGap()
						if res.GetHeartbeatInterval().AsDuration() != 15*time.Second {
							t.Errorf("interval %v", res.GetHeartbeatInterval())
						}
					}
				}
				if test.first == 0 {
					if len(got) != 0 || list[0].GetCursor().GetSequence() != 10 {
						t.Errorf("got %v", list)
					}
					return
				}
				if len(got) != int(11-test.first) || got[0].GetSequence() != test.first || gap.GetReason() != test.gap {
					t.Errorf("got %d messages, gap %v", len(got), gap)
				}
				if end := list[len(list)-1]; end.GetCursor().GetSequence() != 10 || end.GetLastSequence() != 10 || end.GetCursor().GetEpoch() != topic.GetEpoch() {
					t.Errorf("ended with %v", end)
				}
				if page.GetGap().GetReason() != test.gap {
					t.Errorf("page %v", page)
				}
			})
		}
		filtered, err := c.ReadMessages(t.Context(), &messagingv1.ReadMessagesRequest{Topic: "s", Keys: []string{"1"}})
		if err != nil || len(filtered.GetMessages()) != 4 || filtered.GetCursor().GetSequence() != 10 {
			t.Errorf("filtered %v, %v", filtered, err)
		}
		_, err = c.ReadMessages(t.Context(), &messagingv1.ReadMessagesRequest{Topic: "missing"})
		fails(t, err, connect.CodeNotFound, errorv1.Reason_REASON_TOPIC_NOT_FOUND)
	})
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	c := start(t, t.TempDir()).call(t, binary)
	c.create(t, &messagingv1.Topic{Name: "h"})
	stream, err := c.Subscribe(t.Context(), &messagingv1.SubscribeRequest{Topic: "h", HeartbeatInterval: durationpb.New(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for range 2 { // the first comes at once, the second after a second
		if res, err := stream.Receive(); err != nil || len(res.GetMessages()) != 0 || res.GetCursor() == nil {
			t.Errorf("got %v, %v", res, err)
		}
	}
	if _, err := c.DeleteTopic(t.Context(), &messagingv1.DeleteTopicRequest{Name: "h"}); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = stream.Receive()
	}
	fails(t, err, connect.CodeNotFound, errorv1.Reason_REASON_TOPIC_NOT_FOUND)
}
