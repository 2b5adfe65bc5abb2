package enginefs

import (
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// New returns the file system for an engine that only reads, or has nobody to tell of
// its failures. It is safe for concurrent use, as is that of ForUse.
func New(fs vfs.FS) vfs.FS { return guardFS{logFS{tableFS{fs}, &sync.Map{}}} }

// ForUse returns the file system for an engine in use, with its files in dir. failed is
// called, concurrently, when a table could not be written, with the category it has for
// the engine. end says whom to tell when the log cannot be.
func ForUse(fs vfs.FS, dir string, end *Ending, failed func(vfs.DiskWriteCategory, error)) vfs.FS {
	return endFS{retryFS{New(fs), failed}, dir, end}
}

// Written returns a file system that reads logs, which nobody writes, up to the end of
// what was written.
func Written(fs vfs.FS) vfs.FS { return logFS{FS: fs} }
