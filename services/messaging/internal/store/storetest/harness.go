package storetest

import (
	"testing"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// harness is an open store and what tests do with it.
type harness struct {
	Env
	store.Store
	t     *testing.T
	hooks store.Hooks
}

// open opens an empty store. Where a test does not look at commits, nobody follows its
// topics.
func open(t *testing.T, factory Factory, hooks store.Hooks) *harness {
	t.Helper()
	if hooks.Committed == nil {
		hooks.Followed = func(string) bool { return false }
	}
	h := &harness{Env: factory(t), t: t, hooks: hooks}
	h.start()
	t.Cleanup(func() { h.must(h.Close()) })
	return h
}

func (h *harness) start() {
	h.t.Helper()
	s, err := h.Open(h.hooks)
	h.must(err)
	h.Store = s
}

func (h *harness) reopen() {
	h.t.Helper()
	h.must(h.Close())
	h.start()
}

func (h *harness) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) create(name string, def store.Definition) store.Topic {
	h.t.Helper()
	topic, err := h.CreateTopic(h.t.Context(), name, def)
	h.must(err)
	return topic
}

func (h *harness) topic(name string) store.Topic {
	h.t.Helper()
	topic, err := h.GetTopic(h.t.Context(), name)
	h.must(err)
	return topic
}

func (h *harness) publish(topic string, messages ...store.Message) store.Receipt {
	h.t.Helper()
	receipt, err := h.Append(h.t.Context(), store.AppendRequest{Topic: topic, Messages: messages})
	h.must(err)
	return receipt
}

func (h *harness) read(req store.ReadRequest) store.Page {
	h.t.Helper()
	page, err := h.Read(h.t.Context(), req)
	h.must(err)
	return page
}

// all reads a topic from a sequence to its end, failing on a gap that is not
// for removed messages before the first.
func (h *harness) all(topic string, from uint64) []Stored {
	h.t.Helper()
	var list []Stored
	for {
		page := h.read(store.ReadRequest{Topic: topic, From: from})
		if page.Gap != nil && (page.Gap.Reason != store.Removed || len(list) > 0) {
			h.t.Fatalf("topic %s: gap %+v", topic, *page.Gap)
		}
		messages, err := Decode(page.Record)
		h.must(err)
		list = append(list, messages...)
		if page.Next > page.TopicLast {
			return list
		}
		if page.Next <= from {
			h.t.Fatalf("topic %s: reading %d leads to %d", topic, from, page.Next)
		}
		from = page.Next
	}
}

// eventually waits for a condition that background work brings about.
func (h *harness) eventually(what string, ok func() bool) {
	h.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			h.t.Fatalf("not in time: %s", what)
		case <-tick.C:
		}
	}
}

func texts(list []Stored) []string {
	out := make([]string, 0, len(list))
	for _, m := range list {
		out = append(out, m.Text)
	}
	return out
}
