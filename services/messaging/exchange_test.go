package messaging_test

import (
	"errors"
	"io"
	"testing"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
)

type exchange struct {
	messagingv1connect.MessageServiceExchangeClientStream

	t testing.TB
}

func (c caller) exchange(t testing.TB) exchange {
	t.Helper()
	stream, err := c.Exchange(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.SendHeaders(); err != nil { // opens the stream without a command
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stream.Close() })
	return exchange{stream, t}
}

func (e exchange) publish(id uint64, stop bool, topic string, messages ...*messagingv1.Message) {
	e.t.Helper()
	e.send(&messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Publish{Publish: &messagingv1.PublishCommand{
		CorrelationId: id, StopOnFailure: stop,
		Request: &messagingv1.PublishRequest{Topic: topic, Messages: messages},
	}}})
}

func (e exchange) subscribe(id uint64, req *messagingv1.SubscribeRequest) {
	e.t.Helper()
	e.send(&messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Subscribe{
		Subscribe: &messagingv1.SubscribeCommand{SubscriptionId: id, Request: req},
	}})
}

func (e exchange) unsubscribe(id uint64) {
	e.t.Helper()
	e.send(&messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Unsubscribe{
		Unsubscribe: &messagingv1.UnsubscribeCommand{SubscriptionId: id},
	}})
}

func (e exchange) send(req *messagingv1.ExchangeRequest) {
	e.t.Helper()
	if err := e.Send(req); err != nil {
		e.t.Fatal(err)
	}
}

// next returns the next event that is no heartbeat.
func (e exchange) next() *messagingv1.ExchangeResponse {
	e.t.Helper()
	for {
		res, err := e.Receive()
		if err != nil {
			e.t.Fatal(err)
		}
		if res.GetHeartbeat() == nil {
			return res
		}
	}
}

func (e exchange) result(id uint64) *messagingv1.PublishResult {
	e.t.Helper()
	result := e.next().GetResult()
	if result.GetCorrelationId() != id {
		e.t.Fatalf("got result %v, want that of %d", result, id)
	}
	return result
}

func TestExchangePublishes(t *testing.T) {
	t.Parallel()
	c := start(t, t.TempDir()).call(t, binary)
	c.create(t, &messagingv1.Topic{Name: "a"})
	c.create(t, &messagingv1.Topic{Name: "b"})
	e := c.exchange(t)
	if res, err := e.Receive(); err != nil || res.GetHeartbeat().GetInterval().GetSeconds() != 15 {
		t.Fatalf("first response %v, %v", res, err)
	}
	// All are sent before one result is read.
	const n = 1000
	for i := range n {
		switch {
		case i%10 == 3:
			e.publish(uint64(i+1), false, "missing", texts(i, 1)...)
		case i%10 == 4:
			e.publish(uint64(i+1), false, "a")
		case i%10 > 7:
			e.publish(uint64(i+1), false, "b", texts(i, 3)...)
		default:
			e.publish(uint64(i+1), false, "a", texts(i, 2)...)
		}
	}
	next := map[string]uint64{"a": 1, "b": 1}
	for i := range n {
		result := e.result(uint64(i + 1))
		topic, count := "a", uint64(2)
		switch {
		case i%10 == 3:
			if result.GetError().GetReason() != errorv1.Reason_REASON_TOPIC_NOT_FOUND || result.GetError().GetCode() != errorv1.Code_CODE_NOT_FOUND {
				t.Fatalf("result %v", result)
			}
			continue
		case i%10 == 4:
			if failed := result.GetError(); failed.GetReason() != errorv1.Reason_REASON_INVALID_FIELD || failed.GetViolations()[0].GetField() != "messages" {
				t.Fatalf("result %v", result)
			}
			continue
		case i%10 > 7:
			topic, count = "b", 3
		}
		if r := result.GetReceipt(); r.GetFirstSequence() != next[topic] || r.GetLastSequence() != next[topic]+count-1 {
			t.Fatalf("receipt %v of %s, want first %d", r, topic, next[topic])
		}
		next[topic] += count
	}
	e.publish(5000, false, "a", text("x", ""), text("y", ""))
	e.publish(5001, false, "a", text("y", ""), text("z", ""))
	e.result(5000)
	if r := e.result(5001).GetReceipt(); len(r.GetDuplicates()) != 1 || r.GetDuplicates()[0].GetIndex() != 0 || r.GetFirstSequence() != r.GetLastSequence() {
		t.Errorf("receipt %v", r)
	}
	e.end()
}

// end closes the client's side and expects the stream to end well.
func (e exchange) end() {
	e.t.Helper()
	if err := e.CloseSend(); err != nil {
		e.t.Fatal(err)
	}
	for {
		res, err := e.Receive()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil || res.GetHeartbeat() == nil {
			e.t.Fatalf("got %v, %v, want the end", res, err)
		}
	}
}

func TestExchangeStopsOnFailure(t *testing.T) {
	t.Parallel()
	c := start(t, t.TempDir()).call(t, binary)
	c.create(t, &messagingv1.Topic{Name: "a", MaxMessageBytes: 100})
	e := c.exchange(t)
	for i := range 50 {
		e.publish(uint64(i+1), false, "a", texts(i, 1)...)
	}
	e.publish(51, true, "a", &messagingv1.Message{Payload: &messagingv1.Message_Data{Data: make([]byte, 100)}})
	for i := range 50 {
		e.publish(uint64(i+52), false, "a", texts(i, 1)...)
	}
	for i := range 50 {
		if e.result(uint64(i+1)).GetReceipt() == nil {
			t.Error("an earlier publish failed")
		}
	}
	if got := e.result(51).GetError().GetReason(); got != errorv1.Reason_REASON_MESSAGE_OVER_TOPIC_LIMIT {
		t.Errorf("reason %v", got)
	}
	for i := range 50 {
		failed := e.result(uint64(i + 52)).GetError()
		if failed.GetReason() != errorv1.Reason_REASON_EARLIER_PUBLISH_FAILED || failed.GetCode() != errorv1.Code_CODE_ABORTED {
			t.Fatalf("later publish: %v", failed)
		}
	}
	topic, err := c.GetTopic(t.Context(), &messagingv1.GetTopicRequest{Name: "a"})
	if err != nil || topic.GetTopic().GetLastSequence() != 50 {
		t.Errorf("topic %v, %v", topic, err)
	}
}

func TestExchangeSubscriptions(t *testing.T) {
	t.Parallel()
	server := start(t, t.TempDir())
	c := server.call(t, binary)
	c.create(t, &messagingv1.Topic{Name: "a"})
	c.publish(t, "a", texts(0, 5)...)
	e := c.exchange(t)
	e.subscribe(1, &messagingv1.SubscribeRequest{Topic: "a"})
	first := e.next().GetDelivery()
	if len(first.GetMessages()) != 5 || first.GetSubscriptionId() != 1 || first.GetHeartbeatInterval() == nil {
		t.Fatalf("first delivery %v", first)
	}
	for id, test := range map[uint64]struct {
		req    *messagingv1.SubscribeRequest
		reason errorv1.Reason
	}{
		2: {&messagingv1.SubscribeRequest{Topic: "missing"}, errorv1.Reason_REASON_TOPIC_NOT_FOUND},
		3: {&messagingv1.SubscribeRequest{Topic: "-"}, errorv1.Reason_REASON_INVALID_FIELD},
		4: {&messagingv1.SubscribeRequest{Topic: "a", Start: &messagingv1.Start{Position: &messagingv1.Start_Sequence{Sequence: 99}}}, errorv1.Reason_REASON_POSITION_AHEAD},
	} {
		e.subscribe(id, test.req)
		end := e.next().GetDelivery()
		if end.GetSubscriptionId() != id || end.GetEnd().GetError().GetReason() != test.reason || end.GetCursor() != nil {
			t.Errorf("subscription %d: %v, want %v", id, end, test.reason)
		}
		if test.reason == errorv1.Reason_REASON_POSITION_AHEAD && end.GetEnd().GetError().GetMismatch().GetActualLastSequence() != 5 {
			t.Errorf("mismatch %v", end)
		}
	}
	// What this stream publishes it delivers, in order, beside the results.
	for i := range 20 {
		e.publish(uint64(i+1), false, "a", texts(i, 2)...)
	}
	seen, results := check{t: t, next: 6}, 0
	for results < 20 || seen.next <= 45 {
		res := e.next()
		if res.GetResult() != nil {
			results++
			continue
		}
		seen.messages(res.GetDelivery().GetMessages(), nil, res.GetDelivery().GetCursor())
	}
	e.unsubscribe(1)
	e.unsubscribe(77) // never was
	if end := e.next().GetDelivery(); end.GetEnd() == nil || end.GetEnd().GetError() != nil || end.GetCursor().GetSequence() != 45 {
		t.Errorf("last delivery %v", end)
	}
	// The id is free again; the client's side may be closed before the end.
	e.subscribe(1, &messagingv1.SubscribeRequest{Topic: "a", StopAtHead: true})
	if err := e.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if all := e.next().GetDelivery(); len(all.GetMessages()) != 45 {
		t.Errorf("got %d messages", len(all.GetMessages()))
	}
	if end := e.next().GetDelivery(); end.GetEnd() == nil || end.GetEnd().GetError() != nil {
		t.Errorf("last delivery %v", end)
	}
	if res, err := e.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, %v, want the end", res, err)
	}
}

func TestExchangeRefuses(t *testing.T) {
	t.Parallel()
	server := start(t, t.TempDir())
	c := server.call(t, binary)
	c.create(t, &messagingv1.Topic{Name: "a"})
	for name, bad := range map[string]func(e exchange){
		"no correlation id": func(e exchange) { e.publish(0, false, "a", texts(0, 1)...) },
		"id in use": func(e exchange) {
			e.subscribe(5, &messagingv1.SubscribeRequest{Topic: "a"})
			e.subscribe(5, &messagingv1.SubscribeRequest{Topic: "a"})
		},
	} {
		e := c.exchange(t)
		e.publish(1, false, "a", texts(0, 1)...)
		bad(e)
		results := 0
		var err error
		for err == nil {
			var res *messagingv1.ExchangeResponse
			if res, err = e.Receive(); res.GetResult() != nil {
				results++
			}
		}
		fails(t, err, connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD)
		if results != 1 {
			t.Errorf("%s: %d results before the end, want 1", name, results)
		}
	}
	e := c.exchange(t)
	for i := range 101 {
		e.subscribe(uint64(i+1), &messagingv1.SubscribeRequest{Topic: "a"})
	}
	for {
		if end := e.next().GetDelivery().GetEnd(); end != nil {
			if end.GetError().GetReason() != errorv1.Reason_REASON_STREAM_LIMIT {
				t.Errorf("end %v", end)
			}
			return
		}
	}
}
