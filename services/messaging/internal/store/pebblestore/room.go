package pebblestore

import (
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// roomToSpare is what opening needs beside the log: new log, manifest and mark.
const roomToSpare = 4 << 20

// checkRoom refuses to open a store on a disk that cannot take it. Opening writes
// what the log holds into tables. Where there is no room for that, the engine tries
// again without pause and without end.
func checkRoom(opts Options) error {
	free, err := opts.DiskFree()
	if err != nil {
		return nil //nolint:nilerr // as while running: what cannot be known does not stop it
	}
	need, err := roomFor(opts, fileSize)
	if err == nil && free < need {
		need, err = roomFor(opts, writtenSize)
	}
	if err != nil {
		return fmt.Errorf("look at the log: %w", err)
	}
	if free < need {
		return fmt.Errorf("%w: %d bytes are free, starting needs %d: make room on the disk, then start again",
			store.ErrLowDiskSpace, free, need)
	}
	return nil
}

// roomFor returns the room that opening needs, by a measure of a log.
func roomFor(opts Options, measure func(vfs.FS, string) (int64, error)) (uint64, error) {
	names, _ := opts.FS.List(engineDir(opts)) // none for a new store; what else is wrong, opening says
	need := uint64(roomToSpare)
	for _, name := range names {
		if !isLog(name) {
			continue
		}
		size, err := measure(opts.FS, opts.FS.PathJoin(engineDir(opts), name))
		if err != nil {
			return 0, err
		}
		need += uint64(size)
	}
	return need, nil
}

func fileSize(fs vfs.FS, path string) (int64, error) {
	info, err := fs.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func writtenSize(fs vfs.FS, path string) (int64, error) {
	f, err := logFS{FS: fs}.Open(path)
	if err != nil {
		return 0, err
	}
	size, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, f, make([]byte, logBlock))
	return size, errors.Join(err, f.Close())
}
