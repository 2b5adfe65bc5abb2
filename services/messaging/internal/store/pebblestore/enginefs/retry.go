package enginefs

import (
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// retryPause is how long the engine waits before it writes a table again.
const retryPause = time.Second

// retryFS slows down an engine that cannot write its tables. It tries again for ever,
// which is right for a disk that is full for a while, but without pause: thousands of
// times a second, with a line in the log each time.
type retryFS struct {
	vfs.FS

	failed func(vfs.DiskWriteCategory, error)
}

// Create implements vfs.FS.
func (r retryFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := r.FS.Create(name, category)
	if !strings.HasSuffix(name, ".sst") {
		return f, err
	}
	table := retryFile{f, category, r.failed}
	if table.pause(err) != nil {
		return nil, err
	}
	return table, nil
}

type retryFile struct {
	vfs.File

	category vfs.DiskWriteCategory
	failed   func(vfs.DiskWriteCategory, error)
}

// Write implements vfs.File.
func (f retryFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.pause(err)
}

// Sync implements vfs.File.
func (f retryFile) Sync() error { return f.pause(f.File.Sync()) }

// SyncData implements vfs.File.
func (f retryFile) SyncData() error { return f.pause(f.File.SyncData()) }

// pause keeps the goroutine that writes a table, and holds no lock, where it failed.
func (f retryFile) pause(err error) error {
	if err != nil {
		f.failed(f.category, err)
		<-time.After(retryPause)
	}
	return err
}
