package pebblestore

import (
	"bytes"
	"errors"
	"io"
	"strings"

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
type logFS struct{ vfs.FS }

// Create implements vfs.FS.
func (l logFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.Create(name, category)
	return fullSize(name, f, err)
}

// ReuseForWrite implements vfs.FS.
func (l logFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.ReuseForWrite(oldname, newname, category)
	return fullSize(newname, f, err)
}

// Open implements vfs.FS.
func (l logFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := l.FS.Open(name, opts...)
	if err != nil || !isLog(name) {
		return f, err
	}
	return &writtenPart{File: f}, nil
}

func isLog(name string) bool { return strings.HasSuffix(name, ".log") }

func fullSize(name string, f vfs.File, err error) (vfs.File, error) {
	if err == nil && isLog(name) {
		return fullSizeFile{f}, nil
	}
	return f, err
}

type fullSizeFile struct{ vfs.File }

// Preallocate implements vfs.File. The engine calls it before it writes, and goes
// on if it fails. Where the file cannot be made longer, room is reserved, as
// without this.
func (f fullSizeFile) Preallocate(offset, length int64) error {
	if fd := f.Fd(); fd != vfs.InvalidFd && lengthen(fd, offset, length) == nil {
		return nil
	}
	return f.File.Preallocate(offset, length)
}

// writtenPart reads a log up to the first of the blocks of zeros at its end. A log
// that was closed does not end so, and the engine must see it.
type writtenPart struct {
	vfs.File

	at      int64 // where the next read begins
	written int64 // up to here something is
	ended   bool
}

// Read implements vfs.File. It is for one goroutine, and looks at whole blocks,
// which the engine reads and copies.
func (p *writtenPart) Read(b []byte) (int, error) {
	if p.ended {
		return 0, io.EOF
	}
	n, err := p.File.Read(b)
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
