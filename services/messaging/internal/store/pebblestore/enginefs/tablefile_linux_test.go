package enginefs_test

import (
	"bytes"
	"cmp"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/enginefs"
)

// TestTables writes tables of many sizes in pieces of many sizes and reads them back, from
// a disk, from a disk that refuses the first write past its cache, and from memory.
func TestTables(t *testing.T) {
	t.Parallel()
	const buffer, block = 1 << 20, 4 << 10
	random := rand.New(rand.NewPCG(1, 2))
	content := make([]byte, 3*buffer)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content) // never fails
	refusing := &refuseFS{FS: vfs.Default}
	for name, fs := range map[string]vfs.FS{"disk": vfs.Default, "refusing": refusing, "memory": vfs.NewMem()} {
		dir := t.TempDir()
		if err := fs.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{0, 1, block, block + 1, buffer - 1, buffer, buffer + block, 3*buffer - 7, 3 * buffer} {
			path := filepath.Join(dir, "1.sst")
			writeTable(t, enginefs.New(fs), path, content[:size], random)
			if got := readFile(t, fs, path); !bytes.Equal(got, content[:size]) {
				t.Errorf("%s: %d bytes written, %d read, or others", name, size, len(got))
			}
		}
	}
	if refusing.refused == 0 {
		t.Error("nothing was refused")
	}
}

// TestTableErrors has a disk fail, and the writer told, at the latest when it syncs.
func TestTableErrors(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"large": 2 << 20, "small": 100} {
		f, err := enginefs.New(&refuseFS{FS: vfs.Default, cause: syscall.ENOSPC}).
			Create(filepath.Join(t.TempDir(), "1.sst"), vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		_, writeErr := f.Write(make([]byte, size))
		if err := f.SyncData(); !errors.Is(err, syscall.ENOSPC) || size > 1<<20 && !errors.Is(writeErr, syscall.ENOSPC) {
			t.Errorf("%s: write: %v, sync: %v", name, writeErr, err)
		}
		if err := f.Close(); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: close: %v", name, err)
		}
	}
}

func writeTable(t *testing.T, fs vfs.FS, path string, content []byte, random *rand.Rand) {
	t.Helper()
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	for len(content) > 0 {
		n := 1 + random.IntN(min(len(content), 200<<10))
		if written, err := f.Write(bytes.Clone(content[:n])); err != nil || written != n {
			t.Fatalf("wrote %d of %d bytes: %v", written, n, err)
		}
		if full, err := f.SyncTo(int64(n)); full || err != nil {
			t.Fatalf("sync to: %v, %v", full, err)
		}
		content = content[n:]
	}
	if err := errors.Join(f.SyncData(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, fs vfs.FS, path string) []byte {
	t.Helper()
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	content := make([]byte, info.Size())
	if len(content) > 0 {
		if _, err := f.ReadAt(content, 0); err != nil {
			t.Fatal(err)
		}
	}
	return content
}

// refuseFS has files that refuse their first write past the cache, as file systems do that
// ask for another alignment, or all writes with a cause.
type refuseFS struct {
	vfs.FS

	cause   error
	refused int
}

func (r *refuseFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := r.FS.Create(name, category)
	return &refuseFile{File: f, fs: r}, err
}

type refuseFile struct {
	vfs.File

	fs    *refuseFS
	wrote bool
}

func (f *refuseFile) Write(p []byte) (int, error) {
	if f.fs.cause != nil {
		return 0, f.fs.cause
	}
	const block = 4 << 10
	if n := len(p) / 2 &^ (block - 1); !f.wrote && len(p)%block == 0 { // takes a part first
		f.wrote = true
		f.fs.refused++
		_, err := f.File.Write(p[:n])
		return n, cmp.Or(err, error(&os.PathError{Op: "write", Err: syscall.EINVAL}))
	}
	return f.File.Write(p)
}
