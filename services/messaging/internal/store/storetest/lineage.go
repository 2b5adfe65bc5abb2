package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// renew begins new epochs over the data.
func (h *harness) renew() {
	h.t.Helper()
	h.must(h.Close())
	h.must(h.Renew())
	h.start()
}

// lineageOf checks that a topic has the epochs of earlier, all of one life, with
// a leap after each, and that the last one is the present one.
func (h *harness) lineageOf(topic string, earlier ...store.Topic) store.Topic {
	h.t.Helper()
	now := h.topic(topic)
	if len(now.Past) != len(earlier) {
		h.t.Fatalf("topic %s has lineage %+v, want %d epochs", topic, now.Past, len(earlier))
	}
	for i, before := range earlier {
		past := now.Past[i]
		if past.Epoch != before.Epoch || past.End != before.Last || past.Next <= past.End+1 || now.Epoch == past.Epoch {
			h.t.Fatalf("topic %s: %+v, %+v is epoch %s up to %d", topic, now, past, before.Epoch, before.Last)
		}
	}
	return now
}

// testLineage checks that every new epoch leaps, and that the earlier ones are
// remembered as they were, across restarts, until the topic is deleted.
func testLineage(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{Lost: func(topic string, gap store.Gap) { t.Errorf("topic %s lost %+v", topic, gap) }})
	h.create("a", Definition())
	h.create("empty", Definition())
	h.fill("a", 5)
	first, empty := h.topic("a"), h.topic("empty")
	h.renew()
	second := h.lineageOf("a", first)
	next := second.Past[0].Next
	if second.First != 1 || second.Begin != 1 || second.Last != next-1 || second.Messages != 5 || second.Bytes != first.Bytes {
		t.Errorf("renewed: %+v", second)
	}
	if got := h.lineageOf("empty", empty); got.First != got.Last+1 || got.Begin != 1 || got.Messages != 0 {
		t.Errorf("renewed, empty: %+v", got)
	}
	if r := h.publish("a", Message("", "new"), Message("", "newer")); r.First != next || r.Epoch != second.Epoch {
		t.Errorf("publish: %+v", r)
	}
	second = h.lineageOf("a", first)
	h.reopen()
	if got := h.topic("a"); !reflect.DeepEqual(got, second) {
		t.Errorf("after restart: %+v, want %+v", got, second)
	}
	h.renew()
	third := h.lineageOf("a", first, second)
	h.renew() // nothing was published in the third
	fourth := h.lineageOf("a", first, second, third)
	h.reopen()
	h.checkPages("a", fourth.Past)

	h.must(h.DeleteTopic(t.Context(), "a", fourth.Epoch))
	h.create("a", Definition())
	h.lineageOf("a")
	h.reopen()
	if got := h.lineageOf("a"); got.First != 1 || got.Last != 0 {
		t.Errorf("created again: %+v", got)
	}
}

// checkPages reads a topic of 5 and 2 messages in the first two of its epochs.
func (h *harness) checkPages(topic string, past store.Lineage) {
	h.t.Helper()
	want := []string{
		"1-5", fmt.Sprintf("lost 6-%d", past[0].Next-1),
		fmt.Sprintf("%d-%d", past[0].Next, past[1].End), fmt.Sprintf("lost %d-%d", past[1].End+1, past[1].Next-1),
		fmt.Sprintf("lost %d-%d", past[1].Next, past[2].Next-1),
	}
	var got []string
	page := store.Page{Next: 1, TopicLast: 1}
	for page.Next <= page.TopicLast {
		page = h.read(store.ReadRequest{Topic: topic, From: page.Next})
		if page.Gap != nil && page.Gap.Reason == store.DataLoss {
			got = append(got, fmt.Sprintf("lost %d-%d", page.Gap.First, page.Gap.Last))
		}
		if !page.Empty() {
			got = append(got, fmt.Sprintf("%d-%d", page.First, page.Last))
		}
	}
	if !slices.Equal(got, want) {
		h.t.Errorf("topic %s: %q, want %q", topic, got, want)
	}
}

// testLineageBound checks that the newest epochs are remembered, and that a leap that is
// forgotten is a gap as before, and no new loss.
func testLineageBound(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{Lost: func(topic string, gap store.Gap) { t.Errorf("topic %s lost %+v", topic, gap) }})
	h.create("a", Definition())
	var all []store.Topic
	for range store.MaxPast + 2 {
		h.publish("a", Message("", "x"))
		all = append(all, h.topic("a"))
		h.renew()
	}
	got := h.lineageOf("a", all[2:]...)
	if got.Messages != uint64(len(all)) || got.First != 1 {
		t.Errorf("topic %+v", got)
	}
	messages, gaps := 0, 0
	for page := (store.Page{Next: 1}); page.Next <= got.Last; {
		page = h.read(store.ReadRequest{Topic: "a", From: page.Next})
		messages += int(page.Count())
		if page.Gap != nil {
			gaps++
		}
	}
	if messages != len(all) || gaps != len(all) {
		t.Errorf("read %d messages and %d gaps, want %d of each", messages, gaps, len(all))
	}
}

// testLineageRemoval checks that what removes, counts or finds messages does not
// count leaps, and that a leap stays a loss where the messages before it are
// removed.
func testLineageRemoval(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	def := Definition()
	def.Retention.MaxMessages = 7
	h.create("kept", def)
	h.create("a", Definition())
	start := h.Clock.Now()
	for _, topic := range []string{"kept", "a"} {
		h.fill(topic, 5)
	}
	h.renew()
	next := h.topic("a").Past[0].Next
	h.Clock.Advance(time.Minute)
	for i := range 4 {
		h.publish("kept", Message("", strconv.Itoa(i)))
		h.publish("a", Message("", strconv.Itoa(i)))
	}
	h.eventually("7 messages are left", func() bool { return h.topic("kept").Messages == 7 })
	if got := h.topic("kept"); got.First != 3 {
		t.Errorf("retention left %+v", got)
	}
	topic := h.topic("a")
	for n, want := range map[uint64]uint64{1: next + 3, 4: next, 5: 5, 8: 2, 9: 1, 10: 1, 1 << 50: 1} {
		if got := topic.Newest(n); got != want {
			t.Errorf("the newest %d begin at %d, want %d", n, got, want)
		}
	}
	for after, want := range map[time.Duration]uint64{0: 1, time.Second: next, time.Minute: next, time.Hour: next + 4} {
		got, err := h.SeekTime(t.Context(), "a", start.Add(after))
		h.must(err)
		if got != want {
			t.Errorf("after %v: %d, want %d", after, got, want)
		}
	}
	_, err := h.PurgeTopic(t.Context(), "a", "", next+1)
	h.must(err)
	from := uint64(2)
	for _, want := range []store.Gap{
		{Reason: store.Removed, First: 2, Last: 5},
		{Reason: store.DataLoss, First: 6, Last: next - 1},
		{Reason: store.Removed, First: next, Last: next},
	} {
		page := h.read(store.ReadRequest{Topic: "a", From: from})
		if page.Gap == nil || *page.Gap != want {
			t.Fatalf("from %d: %+v, want %+v", from, page.Gap, want)
		}
		from = page.Next
	}
	if got := h.topic("a"); got.First != next+1 || got.Begin != got.First || got.Messages != 3 {
		t.Errorf("purged: %+v", got)
	}
}
