package enginefs

import (
	"errors"
	"strings"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	// tableBuffer is how much of a table is written at once.
	tableBuffer = 1 << 20
	// tableBlock is what writes past the page cache have to be aligned to, in the file and
	// in memory: as much as any disk asks for.
	tableBlock = 4 << 10
)

// tableFS writes tables past the page cache, in large aligned pieces. The engine writes
// pieces of some 32 KiB that begin and end anywhere: making a page of the cache for each
// 4 KiB, twice where pieces meet, cost as much time as all else that becomes of a message.
// And the cache is left to what is read.
//
// Where the file system or the system cannot do that, tables are written as without this.
type tableFS struct{ vfs.FS }

// Create implements vfs.FS.
func (t tableFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := t.FS.Create(name, category)
	if err != nil || !strings.HasSuffix(name, ".sst") {
		return f, err
	}
	if fd := f.Fd(); fd != vfs.InvalidFd && setDirect(fd, true) == nil {
		return &tableFile{File: f}, nil
	}
	return f, nil
}

// tableFile gathers what is written, and writes it when there is enough. It is for one
// goroutine, which must not read it.
type tableFile struct {
	vfs.File

	waiting []byte // aligned; nil when nothing is
	ended   bool   // the rest is written through the cache
	err     error  // of a write, after which there is nothing to be done
}

// tableBuffers are aligned, because the runtime gives so much memory whole pages of its
// own. Where it did not, writes would be refused, and go through the cache.
var tableBuffers = sync.Pool{New: func() any { return new([tableBuffer]byte) }}

// Write implements vfs.File. Errors may be those of earlier writes.
func (f *tableFile) Write(p []byte) (int, error) {
	if f.waiting == nil {
		buffer, _ := tableBuffers.Get().(*[tableBuffer]byte)
		f.waiting = buffer[:0]
	}
	written := 0
	for written < len(p) && f.err == nil {
		room := min(tableBuffer-len(f.waiting), len(p)-written)
		f.waiting = append(f.waiting, p[written:written+room]...)
		written += room
		if len(f.waiting) == tableBuffer {
			f.flush(tableBuffer)
		}
	}
	return written, f.err
}

// flush writes the first n bytes of what waits, and forgets all of it.
func (f *tableFile) flush(n int) {
	written, err := f.File.Write(f.waiting[:n])
	if errors.Is(err, syscall.EINVAL) && !f.ended { // aligned otherwise than expected
		if err = f.end(); err == nil {
			_, err = f.File.Write(f.waiting[written:n])
		}
	}
	f.waiting, f.err = append(f.waiting[:0], f.waiting[n:]...), err
}

// end goes on with what need not be aligned.
func (f *tableFile) end() error {
	f.ended = true
	return setDirect(f.Fd(), false)
}

// finish writes everything.
func (f *tableFile) finish() error {
	if aligned := len(f.waiting) &^ (tableBlock - 1); aligned > 0 && f.err == nil {
		f.flush(aligned)
	}
	if !f.ended && f.err == nil {
		f.err = f.end()
	}
	if len(f.waiting) > 0 && f.err == nil {
		f.flush(len(f.waiting))
	}
	return f.err
}

// Sync implements vfs.File.
func (f *tableFile) Sync() error {
	if err := f.finish(); err != nil {
		return err
	}
	return f.File.Sync()
}

// SyncData implements vfs.File.
func (f *tableFile) SyncData() error {
	if err := f.finish(); err != nil {
		return err
	}
	return f.File.SyncData()
}

// SyncTo implements vfs.File. It has nothing to do: what is written is on its way to the
// disk.
func (*tableFile) SyncTo(int64) (bool, error) { return false, nil }

// Close implements vfs.File.
func (f *tableFile) Close() error {
	err := f.finish()
	if f.waiting != nil {
		tableBuffers.Put((*[tableBuffer]byte)(f.waiting[:tableBuffer]))
		f.waiting = nil
	}
	return errors.Join(err, f.File.Close())
}
