package pebblestore

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// TestRetentionReadsLittle finds what is to be removed, nearly all of a topic, without
// reading it: it once read all that it removed.
func TestRetentionReadsLittle(t *testing.T) {
	t.Parallel()
	const messages, messageBytes, kept = 512, 64 << 10, 1 << 20
	fs := &countFS{FS: vfs.Default}
	s, err := Open(Options{Dir: t.TempDir(), FS: fs, MemTableBytes: 4 << 20, CacheBytes: 64 << 10, RetentionInterval: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	def := storetest.Definition()
	def.Retention = store.Retention{MaxBytes: kept, MaxAge: time.Hour}
	if _, err := s.CreateTopic(t.Context(), "a", def); err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{})
	for range messages {
		data := make([]byte, messageBytes)
		_, _ = random.Read(data) // never fails
		if _, err := s.Append(t.Context(), store.AppendRequest{
			Topic: "a", Messages: []store.Message{storetest.Message("", string(data))},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.db.Flush(); err != nil {
		t.Fatal(err)
	}
	before := fs.read.Load()
	from, err := s.retainFrom(s.topics["a"])
	read := fs.read.Load() - before
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if first := uint64(messages - kept/messageBytes + 1); err != nil || from < first || from > first+1 {
		t.Errorf("keeps from %d, %v; want %d or one more", from, err, first)
	}
	if all := int64(messages * messageBytes); read == 0 || read > all/8 {
		t.Errorf("%d bytes read of %d", read, all)
	}
}

// countFS counts what is read of files.
type countFS struct {
	vfs.FS

	read atomic.Int64
}

func (c *countFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := c.FS.Open(name, opts...)
	return countFile{f, &c.read}, err
}

type countFile struct {
	vfs.File

	read *atomic.Int64
}

func (f countFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(p, off)
	f.read.Add(int64(n))
	return n, err
}
