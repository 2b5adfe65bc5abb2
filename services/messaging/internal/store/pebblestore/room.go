package pebblestore

import (
	"fmt"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/enginefs"
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
	size, err := enginefs.LogSize(opts.FS, opts.dir().Engine())
	if err == nil && free < roomFor(size) {
		size, err = enginefs.LogWritten(opts.FS, opts.dir().Engine())
	}
	if err != nil {
		return fmt.Errorf("look at the log: %w", err)
	}
	if need := roomFor(size); free < need {
		return fmt.Errorf("%w: %d bytes are free, starting needs %d: make room on the disk, then start again",
			store.ErrLowDiskSpace, free, need)
	}
	return nil
}

func roomFor(log int64) uint64 { return roomToSpare + uint64(log) }
