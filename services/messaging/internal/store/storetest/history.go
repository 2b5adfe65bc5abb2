package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// model is what a store should hold, the simplest way.
type model struct {
	now    time.Duration // running time
	topics map[string]*modelTopic
}

type modelTopic struct {
	def   store.Definition
	epoch string
	first uint64
	texts []string // of every message ever, by sequence - 1
	ids   []modelID
}

type modelID struct {
	id       string
	sequence uint64
	at       time.Duration
}

func (m *modelTopic) remembered(now time.Duration) []modelID {
	ids := m.ids[max(0, len(m.ids)-m.def.DedupMaxIDs):]
	for len(ids) > 0 && ids[0].at < now-m.def.DedupWindow {
		ids = ids[1:]
	}
	return ids
}

func (m *modelTopic) lookup(id string, now time.Duration) uint64 {
	for _, known := range m.remembered(now) {
		if id != "" && known.id == id {
			return known.sequence
		}
	}
	return 0
}

// append returns the receipt that a batch should get, or ok false.
func (m *modelTopic) append(batch []store.Message, texts []string, expect *uint64, now time.Duration) (store.Receipt, bool) {
	r := store.Receipt{Epoch: m.epoch, Durability: store.Synced}
	var fresh []int
	for i, msg := range batch {
		if seq := m.lookup(msg.ID, now); seq != 0 {
			r.Duplicates = append(r.Duplicates, store.Duplicate{Index: i, Sequence: seq})
		} else {
			fresh = append(fresh, i)
		}
	}
	if len(fresh) == 0 {
		return r, true
	}
	if expect != nil && *expect != uint64(len(m.texts)) {
		return store.Receipt{}, false
	}
	r.First = uint64(len(m.texts)) + 1
	for _, i := range fresh {
		m.texts = append(m.texts, texts[i])
		if batch[i].ID != "" {
			m.ids = append(m.ids, modelID{batch[i].ID, uint64(len(m.texts)), now})
		}
	}
	r.Last = uint64(len(m.texts))
	return r, true
}

// testHistory runs random histories against the model.
func testHistory(t *testing.T, factory Factory) {
	for seed := range uint64(6) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			run := history{
				harness: open(t, factory, store.Hooks{}),
				rng:     rand.New(rand.NewPCG(seed, 7)),
				model:   model{topics: make(map[string]*modelTopic)},
			}
			for range 400 {
				run.step()
			}
			run.compare()
		})
	}
}

type history struct {
	*harness
	rng   *rand.Rand
	model model
}

func (h *history) step() {
	h.t.Helper()
	name := fmt.Sprintf("t%d", h.rng.IntN(3))
	m := h.model.topics[name]
	switch n := h.rng.IntN(100); {
	case m == nil || n < 2:
		h.stepCreate(name, m)
	case n < 4:
		h.must(h.DeleteTopic(h.t.Context(), name, m.epoch))
		delete(h.model.topics, name)
	case n < 10:
		h.stepPurge(name, m)
	case n < 20:
		d := time.Duration(h.rng.IntN(20)) * time.Second
		h.Clock.Advance(d)
		h.model.now += d
	case n < 23:
		h.Clock.Jump(time.Duration(h.rng.IntN(7200)-3600) * time.Second)
	case n < 26:
		h.reopen()
	case n < 40:
		h.compareTopic(name, m, uint64(h.rng.IntN(len(m.texts)+2)))
	default:
		h.stepAppend(name, m)
	}
}

func (h *history) stepCreate(name string, m *modelTopic) {
	h.t.Helper()
	if m != nil {
		if got := h.create(name, m.def); got.Epoch != m.epoch {
			h.t.Fatalf("created again: %+v", got)
		}
		return
	}
	def := Definition()
	def.DedupWindow = time.Duration(h.rng.IntN(60)) * time.Second
	def.DedupMaxIDs = 1 + h.rng.IntN(30)
	if h.rng.IntN(4) == 0 {
		def.DedupMaxIDs = 0
	}
	h.model.topics[name] = &modelTopic{def: def, epoch: h.create(name, def).Epoch, first: 1}
}

func (h *history) stepPurge(name string, m *modelTopic) {
	h.t.Helper()
	before := uint64(h.rng.IntN(len(m.texts)+2)) + 1
	got, err := h.PurgeTopic(h.t.Context(), name, "", before)
	if before > uint64(len(m.texts))+1 {
		if !errors.Is(err, store.ErrPositionAhead) {
			h.t.Fatalf("purge %d of %d: %v", before, len(m.texts), err)
		}
		return
	}
	h.must(err)
	if m.first = max(m.first, before); got.First != m.first {
		h.t.Fatalf("purge %d: %+v, want %d", before, got, m.first)
	}
}

func (h *history) stepAppend(name string, m *modelTopic) {
	h.t.Helper()
	var batch []store.Message
	var words []string
	used := make(map[string]bool)
	for range 1 + h.rng.IntN(8) {
		id := ""
		if h.rng.IntN(3) > 0 {
			if id = strconv.Itoa(h.rng.IntN(60)); used[id] {
				continue
			}
			used[id] = true
		}
		text := strings.Repeat("0", 2*h.rng.IntN(200))
		batch, words = append(batch, Message(id, text)), append(words, text)
	}
	var expect *uint64
	if h.rng.IntN(4) == 0 {
		last := uint64(len(m.texts) + h.rng.IntN(2))
		expect = &last
	}
	if len(batch) == 0 {
		return
	}
	want, ok := m.append(batch, words, expect, h.model.now)
	got, err := h.Append(h.t.Context(), store.AppendRequest{Topic: name, Messages: batch, ExpectedLast: expect})
	if !ok && !isMismatch(err, false) || ok && (err != nil || !reflect.DeepEqual(got, want)) {
		h.t.Fatalf("append: %+v, %v; want %+v, %v", got, err, want, ok)
	}
}

func (h *history) compare() {
	h.t.Helper()
	for name, m := range h.model.topics {
		h.compareTopic(name, m, 0)
	}
}

func (h *history) compareTopic(name string, m *modelTopic, from uint64) {
	h.t.Helper()
	if from > uint64(len(m.texts)) {
		from = uint64(len(m.texts))
	}
	list := h.all(name, from)
	want := m.texts[max(from, m.first)-1:]
	if len(list) != len(want) || len(want) > 0 && !reflect.DeepEqual(texts(list), want) {
		h.t.Fatalf("topic %s from %d: %d messages, want %d", name, from, len(list), len(want))
	}
	topic := h.topic(name)
	if topic.First != m.first || topic.Last != uint64(len(m.texts)) || topic.Messages != topic.Last-topic.First+1 {
		h.t.Fatalf("topic %+v, want %d..%d", topic, m.first, len(m.texts))
	}
}
