package enginefs

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// logBlock is the unit of the engine's log: no block of what was written is all
// zero, as a block begins with the header of a part of a record.
const logBlock = 32 << 10

// logFS gives log files their full size when they are made. The engine only
// reserves the room: then every append makes the file longer, and every sync
// writes its new length too.
//
// What follows the last record is zero then, until the file is used again for
// another log. The engine takes this for the end of its newest log, as it takes
// what is left of the older log. Only the first block of zeros is read, so that
// starts and backups take no longer for the rest.
//
// A log that is being written is read as it is when it is opened. A backup copies it
// meanwhile: the zeros behind its end would come with what was written behind them
// before the copy got there, which is damage.
type logFS struct {
	vfs.FS

	growing *sync.Map // of *atomic.Int64: how much is written, by name; nil: nothing is being written
}

// Create implements vfs.FS.
func (l logFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.Create(name, category)
	return l.grows(name, f, err)
}

// ReuseForWrite implements vfs.FS.
func (l logFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.ReuseForWrite(oldname, newname, category)
	return l.grows(newname, f, err)
}

// Open implements vfs.FS.
func (l logFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := l.FS.Open(name, opts...)
	if err != nil || !isLog(name) {
		return f, err
	}
	part := &writtenPart{File: f, size: math.MaxInt64}
	if l.growing != nil {
		written, _ := l.growing.Load(name)
		if written, ok := written.(*atomic.Int64); ok {
			part.size = written.Load()
		}
	}
	return part, nil
}

func isLog(name string) bool { return strings.HasSuffix(name, ".log") }

// grows returns a file as one that is being written, if it is a log.
func (l logFS) grows(name string, f vfs.File, err error) (vfs.File, error) {
	if err != nil || !isLog(name) || l.growing == nil {
		return f, err
	}
	log := growingFile{File: f, written: new(atomic.Int64), done: func() { l.growing.Delete(name) }}
	l.growing.Store(name, log.written)
	return log, nil
}

type growingFile struct {
	vfs.File

	written *atomic.Int64
	done    func()
}

// Write implements vfs.File. The engine writes a log from its beginning to its end.
func (f growingFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.written.Add(int64(n))
	return n, err
}

// Close implements vfs.File.
func (f growingFile) Close() error {
	f.done()
	return f.File.Close()
}

// Preallocate implements vfs.File. The engine calls it before it writes, and goes
// on if it fails. Where the file cannot be made longer, room is reserved, as
// without this.
func (f growingFile) Preallocate(offset, length int64) error {
	if fd := f.Fd(); fd != vfs.InvalidFd && lengthen(fd, offset, length) == nil {
		return nil
	}
	return f.File.Preallocate(offset, length)
}

// writtenPart reads a log up to the first of the blocks of zeros at its end. A log
// that was closed does not end so, and the engine must see it.
type writtenPart struct {
	vfs.File

	size    int64 // no more is read
	at      int64 // where the next read begins
	written int64 // up to here something is
	ended   bool
}

// Read implements vfs.File. It is for one goroutine, and looks at whole blocks,
// which the engine reads and copies.
func (p *writtenPart) Read(b []byte) (int, error) {
	if p.ended || p.at >= p.size {
		return 0, io.EOF
	}
	n, err := p.File.Read(b[:min(int64(len(b)), p.size-p.at)])
	p.at += int64(n)
	if err != nil || n < logBlock || p.at%logBlock != 0 || p.at <= p.written || !isZero(b[:n]) {
		return n, err
	}
	p.written, p.ended, err = nextWritten(p.File, p.at)
	return n, err
}

// nextWritten returns where the first block ends, from an offset on, that is not
// all zero; ended says that there is none.
func nextWritten(f vfs.File, at int64) (end int64, ended bool, err error) {
	block := make([]byte, logBlock)
	for {
		n, err := f.ReadAt(block, at)
		at += int64(n)
		switch {
		case !isZero(block[:n]):
			return at, false, nil
		case errors.Is(err, io.EOF):
			return at, true, nil
		case err != nil:
			return at, false, err
		}
	}
}

func isZero(b []byte) bool { return len(b) == 0 || b[0] == 0 && bytes.Equal(b[1:], b[:len(b)-1]) }
