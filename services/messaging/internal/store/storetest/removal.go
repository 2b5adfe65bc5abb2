package storetest

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

func testPurge(t *testing.T, factory Factory) {
	var trimmed []uint64
	h := open(t, factory, store.Hooks{Trimmed: func(_, _ string, first uint64) { trimmed = append(trimmed, first) }})
	topic := h.create("a", Definition())
	h.fill("a", 30)
	size := h.topic("a").Bytes
	for before := uint64(1); before <= 31; before += 2 {
		got, err := h.PurgeTopic(t.Context(), "a", topic.Epoch, before)
		h.must(err)
		if got.First != before || got.Last != 30 || got.Messages != 31-before {
			t.Fatalf("before %d: %+v", before, got)
		}
		if got.Bytes >= size && before > 1 || got.Messages == 0 && got.Bytes != 0 {
			t.Fatalf("before %d: %d bytes of %d", before, got.Bytes, size)
		}
		size = got.Bytes
		list := h.all("a", 0)
		if len(list) != int(31-before) || len(list) > 0 && list[0].Text != strconv.FormatUint(before, 10) {
			t.Fatalf("before %d: %v", before, texts(list))
		}
		if page := h.read(store.ReadRequest{Topic: "a", From: 1}); before > 1 &&
			(page.Gap == nil || *page.Gap != store.Gap{Reason: store.Removed, First: 1, Last: before - 1}) {
			t.Fatalf("before %d: %+v", before, page)
		}
		if before%4 == 1 {
			h.reopen()
			if again := h.topic("a"); again.First != got.First || again.Bytes != got.Bytes || again.Messages != got.Messages {
				t.Fatalf("after restart: %+v, want %+v", again, got)
			}
		}
	}
	got, err := h.PurgeTopic(t.Context(), "a", "", 3)
	if err != nil || got.First != 31 {
		t.Errorf("a lower sequence: %+v, %v", got, err)
	}
	if _, err := h.PurgeTopic(t.Context(), "a", "", 32); !errors.Is(err, store.ErrPositionAhead) {
		t.Errorf("ahead: %v", err)
	}
	if _, err := h.PurgeTopic(t.Context(), "a", "other", 3); !isMismatch(err, true) {
		t.Errorf("other epoch: %v", err)
	}
	if r := h.publish("a", Message("", "x")); r.First != 31 {
		t.Errorf("sequences go on: %+v", r)
	}
	if len(trimmed) != 15 {
		t.Errorf("hook: %v", trimmed)
	}
}

func testRetention(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	retain := func(name string, r store.Retention) {
		def := Definition()
		def.Retention = r
		h.create(name, def)
	}
	retain("count", store.Retention{MaxMessages: 7})
	retain("age", store.Retention{MaxAge: 10 * time.Second})
	retain("bytes", store.Retention{MaxBytes: 300})
	for i := range 40 {
		h.Clock.Advance(time.Second)
		for _, topic := range []string{"count", "age", "bytes"} {
			h.publish(topic, Message("", strconv.Itoa(i)))
		}
	}
	h.eventually("7 messages are left", func() bool { return h.topic("count").First == 34 })
	h.eventually("10 seconds are left", func() bool { return h.topic("age").First == 30 })
	h.eventually("300 bytes are left", func() bool { return h.topic("bytes").Bytes <= 300 })
	if got := h.topic("bytes"); got.Messages < 5 {
		t.Errorf("too much was removed: %+v", got)
	}
	h.Clock.Advance(time.Hour)
	h.eventually("nothing is left", func() bool { return h.topic("age").Messages == 0 })
	h.reopen()
	if got := h.topic("age"); got.First != 41 || got.Last != 40 || got.Bytes != 0 {
		t.Errorf("after restart: %+v", got)
	}
	if got := h.topic("count"); got.Messages != 7 {
		t.Errorf("count after an hour: %+v", got)
	}
	h.publish("age", Message("", "x"))
	if list := h.all("age", 0); len(list) != 1 || list[0].Sequence != 41 {
		t.Errorf("messages %+v", list)
	}
	_, err := h.UpdateTopic(t.Context(), "count", "", func(d store.Definition) (store.Definition, error) {
		d.Retention.MaxMessages = 2
		return d, nil
	})
	h.must(err)
	h.eventually("2 messages are left", func() bool { return h.topic("count").Messages == 2 })
}
