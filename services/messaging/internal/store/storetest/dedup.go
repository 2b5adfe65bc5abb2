package storetest

import (
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

func testDeduplication(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	h.create("a", Definition())
	h.create("b", Definition())
	h.publish("a", Message("1", "one"), Message("", "none"), Message("2", "two"))
	r := h.publish("a", Message("3", "three"), Message("2", "other"), Message("", "none"), Message("1", "other"))
	if want := []store.Duplicate{{Index: 1, Sequence: 3}, {Index: 3, Sequence: 1}}; !reflect.DeepEqual(r.Duplicates, want) {
		t.Errorf("duplicates %v, want %v", r.Duplicates, want)
	}
	if r.First != 4 || r.Last != 5 {
		t.Errorf("receipt %+v", r)
	}
	if want := []string{"one", "none", "two", "three", "none"}; !reflect.DeepEqual(texts(h.all("a", 1)), want) {
		t.Errorf("messages %v", texts(h.all("a", 1)))
	}
	if r := h.publish("b", Message("1", "one")); r.First != 1 {
		t.Errorf("another topic: %+v", r)
	}
	off := Definition()
	off.DedupWindow = 0
	h.create("off", off)
	h.publish("off", Message("1", "one"))
	if r := h.publish("off", Message("1", "one")); r.First != 2 || r.Duplicates != nil {
		t.Errorf("without de-duplication: %+v", r)
	}
}

func testDeduplicationWindow(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	def := Definition()
	def.DedupWindow = time.Minute
	h.create("a", def)
	h.publish("a", Message("1", "one"))
	h.Clock.Advance(time.Minute)
	h.publish("a", Message("2", "two"))
	if r := h.publish("a", Message("1", "one")); len(r.Duplicates) != 1 {
		t.Errorf("at the end of the window: %+v", r)
	}
	h.Clock.Advance(time.Second)
	if r := h.publish("a", Message("1", "one")); r.First != 3 {
		t.Errorf("after the window: %+v", r)
	}
	if r := h.publish("a", Message("1", "one"), Message("2", "two")); !reflect.DeepEqual(r.Duplicates,
		[]store.Duplicate{{Index: 0, Sequence: 3}, {Index: 1, Sequence: 2}}) {
		t.Errorf("a new window: %+v", r)
	}
}

// testDeduplicationLonger makes windows longer: what was forgotten stays so.
func testDeduplicationLonger(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	h.create("a", Definition())
	window := func(d time.Duration) {
		t.Helper()
		_, err := h.UpdateTopic(t.Context(), "a", "", func(def store.Definition) (store.Definition, error) {
			def.DedupWindow = d
			return def, nil
		})
		h.must(err)
	}
	for round := range uint64(4) {
		h.publish("a", Message("1", "one"))
		h.Clock.Advance(30 * time.Second)
		h.publish("a", Message("2", "two"))
		h.Clock.Advance(30 * time.Second)
		window(45 * time.Second)
		if round%2 == 0 {
			h.publish("a", Message("3", "three")) // looks at the ids remembered
		}
		window(10 * time.Minute)
		if round > 1 {
			h.reopen()
		}
		r := h.publish("a", Message("1", "one"), Message("2", "two"))
		if len(r.Duplicates) != 1 || r.Duplicates[0].Index != 1 {
			t.Errorf("round %d: %+v", round, r)
		}
		window(0)
		h.Clock.Advance(time.Second)
		window(10 * time.Minute)
	}
}

func testDeduplicationNewest(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	def := Definition()
	def.DedupMaxIDs = 3
	h.create("a", def)
	for i := range 5 {
		h.publish("a", Message(strconv.Itoa(i), "x"))
	}
	for range 2 {
		r := h.publish("a", Message("2", "x"), Message("3", "x"), Message("4", "x"))
		if len(r.Duplicates) != 3 {
			t.Errorf("the newest: %+v", r)
		}
		h.reopen()
	}
	if r := h.publish("a", Message("1", "x")); r.First != 6 {
		t.Errorf("the one before: %+v", r)
	}
}

func testDeduplicationRestart(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	def := Definition()
	def.DedupWindow = time.Minute
	h.create("a", def)
	var batch []store.Message
	for i := range 500 {
		batch = append(batch, Message(strconv.Itoa(i), "x"))
		if i%7 == 0 {
			h.publish("a", batch...)
			batch = nil
		}
	}
	last := h.topic("a").Last
	h.Clock.Advance(30 * time.Second)
	h.publish("a", Message("late", "x"))
	// What was purged is remembered too.
	_, err := h.PurgeTopic(t.Context(), "a", "", 100)
	h.must(err)
	h.reopen()
	for i := range last {
		r := h.publish("a", Message(strconv.FormatUint(i, 10), "x"))
		if want := []store.Duplicate{{Index: 0, Sequence: i + 1}}; !reflect.DeepEqual(r.Duplicates, want) {
			t.Fatalf("id %d: %+v", i, r)
		}
	}
	h.Clock.Advance(31 * time.Second)
	h.publish("a", Message("later", "x"))
	h.reopen()
	if r := h.publish("a", Message("0", "x"), Message("late", "x")); len(r.Duplicates) != 1 || r.Duplicates[0].Index != 1 {
		t.Errorf("after the window: %+v", r)
	}
}

func testClockJumps(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	h.create("a", Definition())
	for i, jump := range []time.Duration{0, time.Hour, -3 * time.Hour, 24 * time.Hour, -100 * 24 * time.Hour, time.Second} {
		h.Clock.Jump(jump)
		if r := h.publish("a", Message(strconv.Itoa(i), strconv.Itoa(i))); r.First != uint64(i+1) {
			t.Errorf("jump %v: %+v", jump, r)
		}
		for id := range i + 1 {
			if r := h.publish("a", Message(strconv.Itoa(id), "again")); len(r.Duplicates) != 1 || r.Duplicates[0].Sequence != uint64(id+1) {
				t.Errorf("jump %v, id %d: %+v", jump, id, r)
			}
		}
		if i%2 == 0 {
			h.reopen()
		}
	}
	var before time.Time
	for _, m := range h.all("a", 1) {
		if m.Time.Before(before) {
			t.Errorf("publish time of %d runs backwards", m.Sequence)
		}
		before = m.Time
	}
}
