package storetest

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// fill publishes messages 1 to n in batches of various sizes.
func (h *harness) fill(topic string, n int) {
	h.t.Helper()
	for i := 1; i <= n; {
		var batch []store.Message
		for range min(1+i%5, n-i+1) {
			batch = append(batch, Message("", strconv.Itoa(i)))
			i++
		}
		h.publish(topic, batch...)
	}
}

func testReadLimits(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	h.create("a", Definition())
	h.fill("a", 40)
	buffer := make([]byte, 0, 4096)
	for from := uint64(1); from <= 41; from++ {
		for _, limit := range []uint64{1, 2, 7, 100} {
			for _, bytes := range []int{1, 50, 120, 0} {
				page := h.read(store.ReadRequest{Topic: "a", From: from, MaxMessages: limit, MaxBytes: bytes, Buffer: buffer})
				for _, cut := range []uint64{1, from / 2, from - 1, from, 99} { // of other pages
					request := store.ReadRequest{Topic: "a", From: from, Cut: cut, MaxMessages: limit, MaxBytes: bytes}
					again := h.read(request)
					if again.Gap != nil || again.First != page.First || again.Next != page.Next || string(again.Frames) != string(page.Frames) {
						t.Fatalf("from %d, cut %d: %+v, want %+v", from, cut, again, page)
					}
				}
				messages, err := Decode(page.Record)
				h.must(err)
				count := uint64(len(messages))
				if from == 41 && (count != 0 || page.Next != 41) {
					t.Fatalf("at the end: %+v", page)
				}
				if from <= 40 && (count == 0 || page.First != from || page.Next != from+count || count > limit) {
					t.Fatalf("from %d, limit %d: %+v", from, limit, page)
				}
				if bytes > 0 && len(page.Frames) > bytes && count > 1 {
					t.Fatalf("from %d: %d bytes, limit %d", from, len(page.Frames), bytes)
				}
				if bytes == 0 && count != min(limit, 41-from) {
					t.Fatalf("from %d, limit %d: %d messages", from, limit, count)
				}
				if page.Gap != nil || page.TopicLast != 40 {
					t.Fatalf("from %d: %+v", from, page)
				}
			}
		}
	}
	if page := h.read(store.ReadRequest{Topic: "a"}); page.First != 1 {
		t.Errorf("from the oldest: %+v", page)
	}
}

func testReadErrors(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	topic := h.create("a", Definition())
	if page := h.read(store.ReadRequest{Topic: "a", From: 1}); !page.Empty() || page.Next != 1 || page.Gap != nil || page.Epoch != topic.Epoch {
		t.Errorf("empty topic: %+v", page)
	}
	for from, want := range map[uint64]error{2: store.ErrPositionAhead, store.MaxSequence: store.ErrPositionAhead} {
		if _, err := h.Read(t.Context(), store.ReadRequest{Topic: "a", From: from}); !errors.Is(err, want) {
			t.Errorf("from %d: %v", from, err)
		}
	}
	if _, err := h.Read(t.Context(), store.ReadRequest{Topic: "b", From: 1}); !errors.Is(err, store.ErrTopicNotFound) {
		t.Errorf("no topic: %v", err)
	}
}

func testSeekTime(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	h.create("a", Definition())
	start := h.Clock.Now()
	for i := range 20 {
		h.publish("a", Message("", strconv.Itoa(i)), Message("", strconv.Itoa(i)))
		h.Clock.Advance(time.Second)
	}
	check := func(at time.Duration, want uint64) {
		t.Helper()
		got, err := h.SeekTime(t.Context(), "a", start.Add(at))
		h.must(err)
		if got != want {
			t.Errorf("at %v: %d, want %d", at, got, want)
		}
	}
	check(-time.Hour, 1)
	check(0, 1)
	check(1, 3)
	check(time.Second, 3)
	check(10*time.Second-time.Nanosecond, 21)
	check(10*time.Second, 21)
	check(19*time.Second, 39)
	check(19*time.Second+1, 41)
	check(time.Hour, 41)
	_, err := h.PurgeTopic(t.Context(), "a", "", 6)
	h.must(err)
	check(0, 6)
	check(3*time.Second, 7)
	if _, err := h.SeekTime(t.Context(), "b", start); !errors.Is(err, store.ErrTopicNotFound) {
		t.Errorf("no topic: %v", err)
	}
}

// testCommittedHook checks that the hook sees every record, in order, as reading
// finds it.
func testCommittedHook(t *testing.T, factory Factory) {
	var commits []store.Commit
	messages := 0
	h := open(t, factory, store.Hooks{
		Committed: func(c store.Commit) { commits = append(commits, c) },
		Round:     func(r store.Round) { messages += r.Messages },
	})
	topic := h.create("a", Definition())
	h.fill("a", 50)
	var got []Stored
	next := uint64(1)
	for _, c := range commits {
		if c.Topic != "a" || c.Epoch != topic.Epoch || c.First != next || !c.FirstTime.Equal(h.Clock.Now()) {
			t.Fatalf("commit %+v, want sequence %d", c, next)
		}
		list, err := Decode(c.Record)
		h.must(err)
		got, next = append(got, list...), c.Last+1
	}
	if !reflect.DeepEqual(got, h.all("a", 1)) || messages != 50 {
		t.Errorf("hook saw %d messages, counted %d", len(got), messages)
	}
}

// testFollowedHook checks that commits have frames where and while somebody wants them,
// say what they hold everywhere, and store the same.
func testFollowedHook(t *testing.T, factory Factory) {
	var commits []store.Commit
	wanted := map[string]bool{"never": false, "always": true, "later": false}
	h := open(t, factory, store.Hooks{
		Committed: func(c store.Commit) { commits = append(commits, c) },
		Followed:  func(topic string) bool { return wanted[topic] },
	})
	def := Definition()
	def.MaxMessageBytes = 0
	const big = store.MaxRecordBytes / 3
	for topic := range wanted {
		h.create(topic, def)
		for range 2 {
			h.fill(topic, 50)
			h.publish(topic, Message("", strings.Repeat("a", big)), Message("", "b"), Message("", strings.Repeat("c", 4*big)),
				Message("", strings.Repeat("d", big)), Message("", strings.Repeat("e", big)), Message("", strings.Repeat("f", big)))
			wanted["later"] = topic == "later" || wanted["later"]
		}
	}
	next := make(map[string]uint64)
	stored := make(map[string][]Stored)
	for _, c := range commits {
		if c.First != next[c.Topic]+1 || c.Last < c.First {
			t.Fatalf("commit of %s from %d to %d, want from %d", c.Topic, c.First, c.Last, next[c.Topic]+1)
		}
		next[c.Topic] = c.Last
		if len(c.Frames) > 0 {
			list, err := Decode(c.Record)
			h.must(err)
			stored[c.Topic] = append(stored[c.Topic], list...)
		}
	}
	for topic := range wanted {
		all := h.all(topic, 1)
		if uint64(len(all)) != next[topic] {
			t.Errorf("%s: %d messages, commits of %d", topic, len(all), next[topic])
		}
		want := map[string][]Stored{"always": all, "later": all[len(all)/2:]}[topic]
		if !reflect.DeepEqual(stored[topic], want) {
			t.Errorf("%s: frames of %d messages, want %d", topic, len(stored[topic]), len(want))
		}
	}
}

func testCancelled(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	h.create("a", Definition())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// A batch may be stored or refused, but the answer must say which.
	r, err := h.Append(ctx, store.AppendRequest{Topic: "a", Messages: []store.Message{Message("", "x")}})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("append: %v", err)
	}
	if got := h.topic("a").Last; got != r.Last || (err == nil) != (got == 1) {
		t.Errorf("receipt %+v, %v, last sequence %d", r, err, got)
	}
}

func testClosed(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	h.create("a", Definition())
	h.must(h.Close())
	h.must(h.Close())
	ctx := t.Context()
	_, appendErr := h.Append(ctx, store.AppendRequest{Topic: "a", Messages: []store.Message{Message("", "x")}})
	_, readErr := h.Read(ctx, store.ReadRequest{Topic: "a", From: 1})
	_, getErr := h.GetTopic(ctx, "a")
	_, _, listErr := h.ListTopics(ctx, "", 1)
	_, seekErr := h.SeekTime(ctx, "a", time.Now())
	_, createErr := h.CreateTopic(ctx, "b", Definition())
	for name, err := range map[string]error{
		"append": appendErr, "read": readErr, "get": getErr, "list": listErr, "seek": seekErr,
		"create": createErr, "delete": h.DeleteTopic(ctx, "a", ""),
	} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
