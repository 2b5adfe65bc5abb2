package pebblestore

import (
	"fmt"
	"strings"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// roomToSpare is what opening needs beside the log: new log, manifest and mark.
const roomToSpare = 4 << 20

// checkRoom refuses to open a store on a disk that cannot take it. Opening writes
// what the log holds into tables. Where there is no room for that, the engine tries
// again without pause and without end.
func checkRoom(opts Options) error {
	names, _ := opts.FS.List(engineDir(opts)) // none for a new store; what else is wrong, opening says
	need := uint64(roomToSpare)
	for _, name := range names {
		if !strings.HasSuffix(name, ".log") {
			continue
		}
		info, err := opts.FS.Stat(opts.FS.PathJoin(engineDir(opts), name))
		if err != nil {
			return fmt.Errorf("look at the log: %w", err)
		}
		need += uint64(info.Size())
	}
	free, err := opts.DiskFree()
	if err != nil {
		return nil //nolint:nilerr // as while running: what cannot be known does not stop it
	}
	if free < need {
		return fmt.Errorf("%w: %d bytes are free, starting needs %d: make room on the disk, then start again",
			store.ErrLowDiskSpace, free, need)
	}
	return nil
}
