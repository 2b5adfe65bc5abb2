package pebblestore

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

func TestTablesSpan(t *testing.T) {
	t.Parallel()
	guide := newTables()
	guide.wrote(7, ownTable)
	guide.wrote(3, ownTable/2)
	guide.wrote(3, ownTable/2)
	guide.wrote(5, ownTable-1)
	guide.flush()
	for name, test := range map[string]struct{ begin, end []byte }{
		"the commit number":      {layout.CommitKey(), []byte{layout.CommitKey()[0] + 1}},
		"topics":                 {layout.TopicKey("a"), []byte{layout.TopicKey("a")[0] + 1}},
		"ids":                    {layout.IDsKey(3, 1), []byte{layout.IDsKey(3, 1)[0] + 1}},
		"little, up to much":     {layout.RecordKey(1, 9), layout.RecordKey(3, 0)},
		"much":                   {layout.RecordKey(3, 1), layout.RecordKey(4, 0)},
		"little, between":        {layout.RecordKey(5, 1), layout.RecordKey(7, 0)},
		"much, the last of them": {layout.RecordKey(7, 1), layout.RecordKey(8, 0)},
		"little, at the end":     {layout.RecordKey(8, 1), []byte{layout.RecordKey(8, 1)[0] + 1}},
		"nothing":                {nil, nil},
	} {
		if _, end, err := guide.span(test.begin); err != nil || !bytes.Equal(end, test.end) {
			t.Errorf("%s: a table from %q ends before %q, %v; want %q", name, test.begin, end, err, test.end)
		}
	}
	guide.flush()
	if _, end, _ := guide.span(layout.RecordKey(3, 1)); !bytes.Equal(end, layout.KindEnd(layout.RecordKey(3, 1))) {
		t.Errorf("what was written before the last flush still counts: a table ends before %q", end)
	}
}

// TestTablesStay holds that the engine does not write records again and again: it
// once merged every new table with all older ones.
func TestTablesStay(t *testing.T) {
	t.Parallel()
	const batches, batchBytes = 96, 512 << 10
	s, err := Open(Options{Dir: t.TempDir(), MemTableBytes: 4 << 20})
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
	if compacted > flushed/3 { // the first tables move down once, whatever they hold
		t.Errorf("%d bytes written again in compactions after %d in flushes", compacted, flushed)
	}
}
