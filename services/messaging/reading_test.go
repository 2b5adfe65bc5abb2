package messaging_test

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/server/servertest"
)

// subscribeUntil reads a topic from the beginning until it has seen a sequence.
func (c caller) subscribeUntil(t testing.TB, topic string, last uint64) {
	stream, err := c.Subscribe(t.Context(), &messagingv1.SubscribeRequest{Topic: topic})
	if err != nil {
		t.Error(err)
		return
	}
	defer stream.Close()
	for seen := (check{t: t, next: 1}); seen.next <= last; {
		res, err := stream.Receive()
		if err != nil {
			t.Errorf("after %d: %v", seen.next-1, err)
			return
		}
		for _, m := range res.GetMessages() {
			if m.GetSequence() != seen.next {
				t.Errorf("got sequence %d, want %d", m.GetSequence(), seen.next)
				return
			}
			seen.next++
		}
		if res.GetGap() != nil || res.GetCursor().GetSequence() != seen.next-1 || res.GetLastSequence() < seen.next-1 {
			t.Errorf("gap %v, cursor %v, last %d after %d", res.GetGap(), res.GetCursor(), res.GetLastSequence(), seen.next-1)
			return
		}
	}
}

// TestStartsAtAnyTime starts at times that the binary encoding can tell and the
// calendar of timestamps cannot.
func TestStartsAtAnyTime(t *testing.T) {
	t.Parallel()
	c := start(t, t.TempDir()).call(t, binary)
	c.create(t, &messagingv1.Topic{Name: "times"})
	c.publish(t, "times", texts(1, 2)...)
	for seconds, want := range map[int64]int{
		math.MinInt64: 2, -1 << 60: 2, -62_135_596_801: 2, 253_402_300_800: 0, 1 << 43: 0, 1 << 60: 0, math.MaxInt64: 0,
	} {
		for _, nanos := range []int32{0, math.MinInt32, math.MaxInt32} {
			at := &messagingv1.Start{Position: &messagingv1.Start_Time{Time: &timestamppb.Timestamp{Seconds: seconds, Nanos: nanos}}}
			page, err := c.ReadMessages(t.Context(), &messagingv1.ReadMessagesRequest{Topic: "times", Start: at})
			if err != nil || len(page.GetMessages()) != want || page.GetCursor().GetSequence() != 2 {
				t.Errorf("from %d s, %d ns: %v, %v", seconds, nanos, page, err)
			}
		}
	}
}

// TestSeam starts readers while publishing runs: between history and live every
// one of them gets every message once, in order.
func TestSeam(t *testing.T) {
	t.Parallel()
	server := start(t, t.TempDir())
	publisher := server.call(t, binary)
	publisher.create(t, &messagingv1.Topic{Name: "seam"})
	const batches, size = 300, 20
	var readers sync.WaitGroup
	wires := servertest.Wires()
	for i := range batches {
		publisher.publish(t, "seam", texts(i*size, size)...)
		if i%25 == 0 {
			reader := server.call(t, wires[i/25%len(wires)])
			readers.Go(func() { reader.subscribeUntil(t, "seam", batches*size) })
		}
	}
	readers.Wait()
}

// TestSlowReader lets one reader stop: others go on, and it gets everything when
// it reads again.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	server := start(t, t.TempDir())
	c := server.call(t, binary)
	c.create(t, &messagingv1.Topic{Name: "slow"})
	c.publish(t, "slow", texts(0, 1)...)
	slow, err := server.call(t, binary).Subscribe(t.Context(), &messagingv1.SubscribeRequest{Topic: "slow"})
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	if _, err := slow.Receive(); err != nil {
		t.Fatal(err)
	}
	// More than the connection and the tail hold together.
	body := &messagingv1.Message{Payload: &messagingv1.Message_Data{Data: make([]byte, 256<<10)}}
	const batches = 40
	var fast sync.WaitGroup
	fast.Go(func() { server.call(t, binary).subscribeUntil(t, "slow", batches*2+1) })
	for range batches {
		c.publish(t, "slow", body, body)
	}
	fast.Wait()
	for seen := (check{t: t, next: 2}); seen.next <= batches*2+1; {
		res, err := slow.Receive()
		if err != nil {
			t.Fatal(err)
		}
		seen.messages(res.GetMessages(), res.GetGap(), res.GetCursor())
	}
}

// TestOvertaken removes what a reader was about to get: it is told.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	server := start(t, t.TempDir())
	c := server.call(t, binary)
	c.create(t, &messagingv1.Topic{Name: "gap"})
	c.publish(t, "gap", texts(0, 10)...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := c.Subscribe(ctx, &messagingv1.SubscribeRequest{Topic: "gap", HeartbeatInterval: durationpb.New(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if _, err := stream.Receive(); err != nil {
		t.Fatal(err)
	}
	large := &messagingv1.Message{Payload: &messagingv1.Message_Data{Data: make([]byte, 512<<10)}}
	var last uint64
	for range 40 {
		last = c.publish(t, "gap", large).GetLastSequence()
	}
	if _, err := c.PurgeTopic(t.Context(), &messagingv1.PurgeTopicRequest{Name: "gap", BeforeSequence: last}); err != nil {
		t.Fatal(err)
	}
	var gap *messagingv1.Gap
	for seen := (check{t: t, next: 11}); seen.next <= last; {
		res, err := stream.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if res.GetGap() != nil {
			if gap = res.GetGap(); gap.GetFirstMissing() != seen.next || gap.GetReason() != messagingv1.GapReason_GAP_REASON_RETENTION {
				t.Errorf("gap %v after %d", gap, seen.next-1)
			}
		}
		seen.messages(res.GetMessages(), res.GetGap(), res.GetCursor())
	}
	if gap.GetLastMissing() != last-1 || gap.GetResumedAt() != last {
		t.Errorf("gap %v, last is %d", gap, last)
	}
}

// TestResume reads on after a cursor when the server has been restarted.
func TestResume(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, dir)
	c := first.call(t, binary)
	c.create(t, &messagingv1.Topic{Name: "r"})
	receipt := c.publish(t, "r", text("1", "a"), text("2", "b"))
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	c = start(t, dir).call(t, jsonWire)
	again := c.publish(t, "r", text("3", "c"), text("1", "a"))
	if len(again.GetDuplicates()) != 1 || again.GetFirstSequence() != 3 || again.GetEpoch() != receipt.GetEpoch() {
		t.Errorf("receipt %v", again)
	}
	res, err := c.ReadMessages(t.Context(), &messagingv1.ReadMessagesRequest{
		Topic: "r", Start: &messagingv1.Start{Position: &messagingv1.Start_After{After: receipt.GetCursor()}},
	})
	if err != nil || res.GetGap() != nil || len(res.GetMessages()) != 1 || res.GetMessages()[0].GetSequence() != 3 {
		t.Errorf("read %v, %v", res, err)
	}
}

// TestEncodings gets the same stored messages over every wire.
func TestEncodings(t *testing.T) {
	t.Parallel()
	server := start(t, t.TempDir())
	c := server.call(t, binary)
	c.create(t, &messagingv1.Topic{Name: "e"})
	sent := []*messagingv1.Message{
		{Id: "1", Key: "k", Attributes: map[string]string{"a": "1", "b": ""}, Payload: &messagingv1.Message_Text{Text: "tëxt"}},
		{Payload: &messagingv1.Message_Data{Data: []byte{0, 255}}},
		{Payload: &messagingv1.Message_Text{}},
	}
	c.publish(t, "e", sent...)
	for _, wire := range servertest.Wires() {
		stream, err := server.call(t, wire).Subscribe(t.Context(), &messagingv1.SubscribeRequest{Topic: "e", StopAtHead: true})
		if err != nil {
			t.Fatal(wire, err)
		}
		list, err := receiveAll(t, stream)
		if err != nil || len(list) != 1 || len(list[0].GetMessages()) != len(sent) {
			t.Fatalf("%s: %v, %v", wire, list, err)
		}
		if unknown := list[0].ProtoReflect().GetUnknown(); len(unknown) > 0 {
			t.Errorf("%s: unknown fields %x", wire, unknown)
		}
		for i, m := range list[0].GetMessages() {
			if m.GetSequence() != uint64(i+1) || m.GetPublishTime() == nil {
				t.Errorf("%s: %v", wire, m)
			}
			m.Sequence, m.PublishTime = 0, nil
			if !proto.Equal(m, sent[i]) {
				t.Errorf("%s: got %v, sent %v", wire, m, sent[i])
			}
		}
	}
}

// TestCaching lets caches keep only what will stay true.
func TestCaching(t *testing.T) {
	t.Parallel()
	server := start(t, t.TempDir())
	c := server.call(t, binary)
	topic := c.create(t, &messagingv1.Topic{Name: "c"})
	c.publish(t, "c", texts(0, 5)...)
	after := func(sequence string) string {
		return `"start":{"after":{"epoch":"` + topic.GetEpoch() + `","sequence":"` + sequence + `"}}`
	}
	for name, test := range map[string]struct{ request, want string }{
		"full page":     {`{"topic":"c",` + after("1") + `,"maxMessages":2}`, "private, max-age=300"},
		"up to the end": {`{"topic":"c",` + after("1") + `}`, "no-store"},
		"earliest":      {`{"topic":"c","maxMessages":2}`, "no-store"},
		"missing topic": {`{"topic":"d"}`, "no-store"},
		"invalid":       {`{"topic":"-"}`, "no-store"},
	} {
		query := url.Values{"connect": {"v1"}, "encoding": {"json"}, "message": {test.request}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
			server.URL+messagingv1connect.MessageServiceReadMessagesProcedure+"?"+query.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		transport := &http.Transport{DisableKeepAlives: true}
		res, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if got := res.Header.Values("Cache-Control"); len(got) != 1 || got[0] != test.want {
			t.Errorf("%s: Cache-Control %q, want %q", name, got, test.want)
		}
	}
}
