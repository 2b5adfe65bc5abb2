package pebblestore

import (
	"math/rand/v2"
	"testing"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// TestTablesStay holds that the engine does not write the records of busy topics again: it
// once merged every new table with all older ones, and later the first tables with the
// commit number.
func TestTablesStay(t *testing.T) {
	t.Parallel()
	const batches, batchBytes = 96, 512 << 10
	s, err := Open(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{})
	topics := []string{"a", "b"}
	for _, topic := range topics {
		if _, err := s.CreateTopic(t.Context(), topic, storetest.Definition()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range batches {
		data := make([]byte, batchBytes)
		_, _ = random.Read(data) // never fails
		message := storetest.Message("", string(data))
		if _, err := s.Append(t.Context(), store.AppendRequest{
			Topic: topics[i%len(topics)], Messages: []store.Message{message},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.db.Flush(); err != nil {
		t.Fatal(err)
	}
	metrics := s.db.Metrics()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var compacted, flushed uint64
	for _, level := range metrics.Levels {
		compacted += level.TableBytesCompacted
		flushed += level.TableBytesFlushed
	}
	if flushed < batches*batchBytes {
		t.Fatalf("%d bytes flushed of %d", flushed, batches*batchBytes)
	}
	if compacted > batchBytes {
		t.Errorf("%d bytes written again in compactions after %d in flushes", compacted, flushed)
	}
}
