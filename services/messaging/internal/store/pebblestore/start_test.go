package pebblestore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// TestStartWithoutRoom: on a disk without room for it, opening fails at once and
// changes nothing.
func TestStartWithoutRoom(t *testing.T) {
	t.Parallel()
	free := uint64(1 << 40)
	opts := pebblestore.Options{Dir: "data", FS: vfs.NewMem(), DiskFree: func() (uint64, error) { return free, nil }}
	open := func() *pebblestore.Store {
		s, err := pebblestore.Open(opts)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
		t.Fatal(err)
	}
	request := store.AppendRequest{Topic: "a", Messages: []store.Message{storetest.Message("", "x")}}
	if _, err := s.Append(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	free = 1 << 20
	if _, err := pebblestore.Open(opts); !errors.Is(err, store.ErrLowDiskSpace) {
		t.Errorf("opened with 1 MiB free: %v", err)
	}
	free = 1 << 40
	s = open()
	if receipt, err := s.Append(t.Context(), request); err != nil || receipt.First != 2 {
		t.Errorf("after there was room again: %+v, %v", receipt, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkStart opens a store of 1,000,000 messages with ids as a kill leaves
// it, and publishes a message with an id, which loads the index.
func BenchmarkStart(b *testing.B) {
	fs := vfs.NewCrashableMem()
	opts := pebblestore.Options{Dir: "data", FS: fs, DiskFree: func() (uint64, error) { return 1 << 40, nil }}
	s, err := pebblestore.Open(opts)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.CreateTopic(b.Context(), "a", storetest.Definition()); err != nil {
		b.Fatal(err)
	}
	for n := range 1000 {
		batch := make([]store.Message, 1000)
		for i := range batch {
			id := fmt.Sprintf("%d-%d", n, i)
			batch[i] = storetest.Message(id, string(payload()))
		}
		if _, err := s.Append(b.Context(), store.AppendRequest{Topic: "a", Messages: batch}); err != nil {
			b.Fatal(err)
		}
	}
	killed := fs.CrashClone(vfs.CrashCloneCfg{})
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		opts.FS = vfs.NewMem()
		if _, err := vfs.Clone(killed, opts.FS, "data", "data"); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		start := time.Now()
		s, err := pebblestore.Open(opts)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "open-ms")
		r, err := s.Append(b.Context(), store.AppendRequest{Topic: "a", Messages: []store.Message{storetest.Message("999-999", "x")}})
		if err != nil || len(r.Duplicates) != 1 {
			b.Fatal(r, err)
		}
		b.StopTimer()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
