package delivery_test

import (
	"runtime"
	"testing"

	"github.com/parleyhq/parley/services/messaging/internal/delivery"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// TestManyRecords has readers catch up over many small records: what that took they
// do not keep. It is not parallel: it measures the heap.
func TestManyRecords(t *testing.T) {
	const readers, records, each = 50, 4000, 32 << 10
	s := open(t, delivery.LargeBytes)
	var list []*delivery.Reader
	for range readers {
		r, err := s.Open(t.Context(), delivery.Request{Topic: "a"})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	for range records {
		publish(t, s, storetest.Message("", "x"))
	}
	for _, r := range list {
		for last := uint64(0); last < records; {
			p, err := r.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			last = p.Cursor.Sequence
		}
		if _, err := r.Next(t.Context()); err != nil { // as it waits for more
			t.Fatal(err)
		}
	}
	heap := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.GC() // pools are emptied in two
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	with := heap()
	for _, r := range list[1:] { // the first one keeps the tail
		r.Close()
	}
	clear(list[1:])
	if without := heap(); with > without+readers*each {
		t.Errorf("%d readers keep %d bytes each", readers, (with-without)/readers)
	}
	list[0].Close()
}
