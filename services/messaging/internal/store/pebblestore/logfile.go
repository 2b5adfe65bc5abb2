package pebblestore

import (
	"bytes"
	"errors"
	"fmt"
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
	left, err := written(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("find the end of %s: %w", name, err), f.Close())
	}
	return &writtenPart{File: f, left: left}, nil
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

// writtenPart reads a log up to what written says.
type writtenPart struct {
	vfs.File
	left int64
}

// Read implements vfs.File.
func (p *writtenPart) Read(b []byte) (int, error) {
	if p.left <= 0 {
		return 0, io.EOF
	}
	n, err := p.File.Read(b[:min(int64(len(b)), p.left)])
	p.left -= int64(n)
	return n, err
}

// written returns the length of a log without the blocks of zeros at its end, but
// for the first: a log that was closed does not end so, and the engine must see it.
func written(f vfs.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	size := info.Size()
	last := (size + logBlock - 1) / logBlock * logBlock
	block, zeros := make([]byte, logBlock), make([]byte, logBlock)
	for last > 0 {
		part := block[:min(size-last+logBlock, logBlock)]
		if n, err := f.ReadAt(part, last-logBlock); n < len(part) {
			return 0, err
		}
		if !bytes.Equal(part, zeros[:len(part)]) {
			break
		}
		last -= logBlock
	}
	return min(size, last+logBlock), nil
}
