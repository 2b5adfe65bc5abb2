package pebblestore_test

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// TestRecordSize: a large batch reaches readers in large records, and is stored in
// small ones, so that reading a message does not mean reading all of them, nor
// damage losing them.
func TestRecordSize(t *testing.T) {
	t.Parallel()
	const messages, size = 1000, 1000
	fs := vfs.NewMem()
	opts := memoryOptions(fs)
	opts.MemTableBytes = 16 << 20
	committed := 0
	opts.Hooks.Committed = func(c store.Commit) {
		committed++
		if got, err := storetest.Decode(c.Record); err != nil || uint64(len(got)) != c.Count() {
			t.Errorf("committed %d messages, decoded %d: %v", c.Count(), len(got), err)
		}
	}
	s := mustOpen(t, opts)
	if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	batch := make([]store.Message, messages)
	for i := range batch {
		batch[i] = storetest.Message("", noise(rng, size))
	}
	if _, err := s.Append(t.Context(), store.AppendRequest{Topic: "a", Messages: batch}); err != nil {
		t.Fatal(err)
	}
	if want := messages*size/store.MaxRecordBytes + 1; committed != want {
		t.Errorf("committed as %d records, want %d", committed, want)
	}
	mustClose(t, s)
	mustClose(t, mustOpen(t, opts)) // writes what is in the log to tables
	largest, content := "", []byte{}
	for _, path := range files(t, fs, "data") {
		if b := readAll(t, fs, path); strings.HasSuffix(path, ".sst") && len(b) > len(content) {
			largest, content = path, b
		}
	}
	content[len(content)/2]++
	writeAll(t, fs, largest, content)
	s = mustOpen(t, opts)
	defer mustClose(t, s)
	read, lost := uint64(0), uint64(0)
	for from := uint64(1); from <= messages; {
		page, err := s.Read(t.Context(), store.ReadRequest{Topic: "a", From: from})
		if err != nil {
			t.Fatal(err)
		}
		if page.Gap != nil {
			lost += page.Gap.Last - page.Gap.First + 1
		}
		read += page.Count()
		from = page.Next
	}
	if read+lost != messages || lost == 0 || lost > 64 {
		t.Errorf("read %d messages, lost %d of a damaged block", read, lost)
	}
}

// TestRecordMemory keeps records, as live readers' memory does. They take no more
// memory than their size, also where little of what waited was stored. It is not
// parallel: it measures the heap.
func TestRecordMemory(t *testing.T) {
	const records, known = 200, 300
	var kept []store.Record
	opts := memoryOptions(vfs.NewMem())
	opts.Hooks.Committed = func(c store.Commit) { kept = append(kept, c.Record) }
	s := mustOpen(t, opts)
	if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
		t.Fatal(err)
	}
	var batch []store.Message
	for i := range known {
		batch = append(batch, storetest.Message(strconv.Itoa(i), strings.Repeat("x", 1000)))
	}
	for i := range records {
		batch[0] = storetest.Message("new "+strconv.Itoa(i), "x")
		if _, err := s.Append(t.Context(), store.AppendRequest{Topic: "a", Messages: batch}); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, s)
	heap := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	size, with := 0, heap()
	for _, r := range kept {
		size += len(r.Frames)
	}
	kept = nil
	if without := heap(); with > without+uint64(2*size)+1<<20 {
		t.Errorf("%d records of %d bytes take %d bytes", records, size, with-without)
	}
}
