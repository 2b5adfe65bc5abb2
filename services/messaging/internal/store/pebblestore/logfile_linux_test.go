package pebblestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// TestLogSize: on a disk, a log has its full size from the first record on.
func TestLogSize(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	needsFallocate(t, dir)
	opts := pebblestore.Options{Dir: filepath.Join(dir, "data"), MemTableBytes: 1 << 20}
	s := mustOpen(t, opts)
	defer mustClose(t, s)
	if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
		t.Fatal(err)
	}
	const full = 1<<20 + 1<<20/10
	// The store goes through several logs, the later ones in the files of earlier ones.
	for round := range 60 {
		text := strings.Repeat("x", 100<<10)
		if _, err := s.Append(t.Context(), store.AppendRequest{Topic: "a", Messages: []store.Message{storetest.Message("", text)}}); err != nil {
			t.Fatal(err)
		}
		logs, err := filepath.Glob(filepath.Join(opts.Dir, "log", "*.log"))
		if err != nil || len(logs) == 0 {
			t.Fatalf("logs: %v, %v", logs, err)
		}
		for _, path := range logs {
			info, err := os.Stat(path)
			if errors.Is(err, os.ErrNotExist) {
				continue // used again under another name
			}
			if err != nil {
				t.Fatal(err)
			}
			if size := info.Size(); size != 0 && size != full {
				t.Fatalf("round %d: %s has %d bytes, not %d", round, path, size, full)
			}
		}
	}
}

func needsFallocate(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "probe"))
	if err != nil {
		t.Fatal(err)
	}
	err = syscall.Fallocate(int(f.Fd()), 0, 0, 1<<20)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	switch {
	case err == nil:
	case os.Getenv("PARLEY_TEST_STRICT") == "1":
		t.Fatalf("missing prerequisite: a file system with fallocate: %v", err)
	default:
		t.Skipf("missing prerequisite: a file system with fallocate: %v", err)
	}
}
