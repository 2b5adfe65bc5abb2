package pebblestore_test

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// BenchmarkAppend measures durable messages per second at some numbers of
// writers and batch sizes, beside the bare engine writing the same messages with
// the same batching, each under its own key.
func BenchmarkAppend(b *testing.B) {
	for _, shape := range []struct{ writers, batch int }{{1, 1}, {32, 1}, {128, 1}, {1024, 1}, {32, 100}, {32, 256}} {
		name := fmt.Sprintf("writers=%d/batch=%d/", shape.writers, shape.batch)
		b.Run(name+"store", func(b *testing.B) { benchmarkStore(b, shape.writers, shape.batch, false) })
		b.Run(name+"ids", func(b *testing.B) { benchmarkStore(b, shape.writers, shape.batch, true) })
		b.Run(name+"bare", func(b *testing.B) { benchmarkBare(b, shape.writers, shape.batch) })
	}
}

func payload() []byte { return make([]byte, 125) } // 128 bytes with its field

func benchmarkStore(b *testing.B, writers, batch int, ids bool) {
	s, err := pebblestore.Open(pebblestore.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	def := storetest.Definition()
	if _, err := s.CreateTopic(b.Context(), "a", def); err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	write(b, writers, batch, func() error {
		messages := make([]store.Message, batch)
		for i := range messages {
			messages[i] = storetest.Message("", string(payload()))
			if ids {
				messages[i].ID = strconv.FormatInt(next.Add(1), 10)
			}
		}
		_, err := s.Append(b.Context(), store.AppendRequest{Topic: "a", Messages: messages})
		return err
	})
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func benchmarkBare(b *testing.B, writers, batch int) {
	db, err := pebble.Open(b.TempDir(), &pebble.Options{
		FormatMajorVersion: pebble.FormatNewest, MemTableSize: 16 << 20, Logger: quiet{},
	})
	if err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	write(b, writers, batch, func() error {
		w := db.NewBatch()
		defer func() { _ = w.Close() }()
		for range batch {
			if err := w.Set(fmt.Appendf(nil, "%016d", next.Add(1)), payload(), nil); err != nil {
				return err
			}
		}
		return w.Commit(pebble.Sync)
	})
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// write runs b.N batches on a number of goroutines.
func write(b *testing.B, writers, batch int, one func() error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := one(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkScan reads a topic of 1,000,000 messages from its beginning.
func BenchmarkScan(b *testing.B) {
	const total = 1_000_000
	s, err := pebblestore.Open(pebblestore.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := s.CreateTopic(b.Context(), "a", store.Definition{}); err != nil {
		b.Fatal(err)
	}
	batch := make([]store.Message, 1000)
	for i := range batch {
		batch[i] = storetest.Message("", string(payload()))
	}
	for range total / len(batch) {
		if _, err := s.Append(b.Context(), store.AppendRequest{Topic: "a", Messages: batch}); err != nil {
			b.Fatal(err)
		}
	}
	buffer := make([]byte, 0, 2*store.MaxRecordBytes)
	b.ResetTimer()
	for range b.N {
		for from := uint64(1); from <= total; {
			page, err := s.Read(b.Context(), store.ReadRequest{Topic: "a", From: from, Buffer: buffer})
			if err != nil || page.Gap != nil {
				b.Fatal(page.Gap, err)
			}
			from = page.Next
		}
	}
	b.ReportMetric(float64(b.N*total)/b.Elapsed().Seconds(), "msg/s")
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}
