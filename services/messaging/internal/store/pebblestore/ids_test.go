package pebblestore

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/records"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// idStore is a store whose topics remember ids.
type idStore struct {
	*Store
	t    *testing.T
	opts Options
}

func openIDs(t *testing.T, maxIDs int) *idStore {
	t.Helper()
	s := &idStore{t: t, opts: Options{
		Dir: "data", FS: vfs.NewMem(), MaxIDs: maxIDs, Clock: storetest.NewClock(),
		DiskFree: func() (uint64, error) { return 1 << 40, nil },
	}}
	s.open()
	t.Cleanup(func() { s.must(s.Close()) })
	return s
}

func (s *idStore) open() {
	s.t.Helper()
	opened, err := Open(s.opts)
	s.must(err)
	s.Store = opened
}

func (s *idStore) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *idStore) create(name string, limit int) {
	s.t.Helper()
	def := storetest.Definition()
	def.DedupMaxIDs = limit
	_, err := s.CreateTopic(s.t.Context(), name, def)
	s.must(err)
}

// publish publishes messages with ids that begin with a prefix, and returns how
// many are duplicates.
func (s *idStore) publish(topic, prefix string, n int) int {
	s.t.Helper()
	batch := make([]store.Message, n)
	for i := range batch {
		batch[i] = storetest.Message(fmt.Sprintf("%s %d", prefix, i), "x")
	}
	r, err := s.Append(s.t.Context(), store.AppendRequest{Topic: topic, Messages: batch})
	s.must(err)
	return len(r.Duplicates)
}

// stored returns how many ids a topic has in the log.
func (s *idStore) stored(topic string) (n int) {
	s.t.Helper()
	it, err := s.db.NewIter(records.Span(layout.IDsKey(s.topics[topic].Log, 0), layout.IDsKey(s.topics[topic].Log, layout.EndOfLog)))
	s.must(err)
	for ok := it.First(); ok; ok = it.Next() {
		_, err := layout.ParseIDs(it.Value(), func(int, layout.Fingerprint) { n++ })
		s.must(err)
	}
	s.must(it.Close())
	return n
}

// TestForgottenIDs: what is forgotten leaves the log too, whatever was in it when
// the store was opened.
func TestForgottenIDs(t *testing.T) {
	t.Parallel()
	const limit = 10
	s := openIDs(t, 0)
	s.create("a", limit)
	for life := range 4 {
		for batch := range 5 {
			s.publish("a", fmt.Sprint(life, batch), layout.MaxMessages)
		}
		if got := s.stored("a"); got > 6*layout.MaxMessages {
			t.Fatalf("life %d: %d ids are stored, %d are remembered", life, got, limit)
		}
		s.must(s.Close())
		s.open()
	}
}

// TestIDsInMemory lets the ids of many topics exceed the bound. Those of topics
// that are published to stay where they are; of the others no more than the bound.
func TestIDsInMemory(t *testing.T) {
	t.Parallel()
	const topics, each, bound = 8, 512, 1024
	s := openIDs(t, bound)
	inMemory := func() (n, total int) {
		t.Helper()
		for _, topic := range s.topics {
			if topic.ids != nil {
				n, total = n+1, total+topic.ids.Room()
			}
		}
		if total != s.idsRoom {
			t.Errorf("%d ids in memory, counted as %d", total, s.idsRoom)
		}
		return n, total
	}
	every := func(prefix string, n, duplicates int) {
		t.Helper()
		for i := range topics {
			if got := s.publish(strconv.Itoa(i), prefix, n); got != duplicates {
				t.Errorf("topic %d: %d duplicates, want %d", i, got, duplicates)
			}
		}
	}
	clock, _ := s.opts.Clock.(*storetest.Clock)
	for i := range topics {
		s.create(strconv.Itoa(i), 1_000_000)
	}
	every("first", 1, 0) // all are loaded while they are small
	every("second", each-1, 0)
	if n, total := inMemory(); n != topics || total != topics*each {
		t.Errorf("busy: %d indexes of %d", n, total)
	}
	clock.Advance(idsInUse + time.Second)
	s.publish("0", "third", each) // grows
	if _, total := inMemory(); total > bound {
		t.Errorf("idle: %d ids in memory", total)
	}
	every("second", each-1, each-1)
	if n, _ := inMemory(); n != topics {
		t.Errorf("busy again: %d indexes", n)
	}
	s.must(s.DeleteTopic(t.Context(), "0", ""))
	inMemory()
}
