package pebblestore

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/engine"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/enginefs"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
)

const damagedName = "damaged"

// salvage brings the engine's directory to where the engine opens it, keeping
// what it changes. It does nothing if the engine opens it as it is.
func salvage(opts Options) error {
	err := tryOpen(opts)
	for _, mend := range []func(Options) error{cutLogs, dropOptions} {
		if err == nil {
			return nil
		}
		if mendErr := mend(opts); mendErr != nil {
			return fmt.Errorf("salvage log: %w", errors.Join(mendErr, err))
		}
		err = tryOpen(opts)
	}
	if err != nil {
		return damaged("salvage log", err)
	}
	return nil
}

func tryOpen(opts Options) error {
	db, err := engine.OpenToRead(opts.engine())
	if err != nil {
		return err
	}
	return db.Close()
}

// cutLogs ends the log before its first damaged record.
func cutLogs(opts Options) error {
	logs, err := wal.Scan(wal.Dir{FS: enginefs.Written(opts.FS), Dirname: engineDir(opts)})
	if err != nil {
		return err
	}
	for i, log := range logs {
		path, offset, whole, err := firstDamage(log, i == len(logs)-1)
		if err != nil {
			return err
		}
		if whole {
			continue
		}
		if err := keepAndCut(opts, path, offset); err != nil {
			return err
		}
		for _, later := range logs[i+1:] {
			for n := range later.NumSegments() {
				_, path := later.SegmentLocation(n)
				if err := setAside(opts, path); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return nil
}

// firstDamage returns where the first record of a log begins that cannot be read.
// The newest log may end with anything that is not known to have been synced.
func firstDamage(log wal.LogicalLog, newest bool) (path string, offset int64, whole bool, err error) {
	r := log.OpenForRead()
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		_, at, err := r.NextRecord()
		if errors.Is(err, io.EOF) || newest && errors.Is(err, record.ErrUnexpectedEOF) {
			return "", 0, true, nil
		}
		if err != nil {
			return at.PhysicalFile, at.Physical, false, nil
		}
	}
}

// keepAndCut moves a file to the damaged ones and puts its beginning in its place.
func keepAndCut(opts Options, path string, size int64) error {
	b, err := mark.ReadFile(opts.FS, path)
	if err != nil {
		return err
	}
	if err := setAside(opts, path); err != nil {
		return err
	}
	f, err := mark.WriteFile(opts.FS, engineDir(opts), path, b[:min(size, int64(len(b)))])
	if err != nil {
		return err
	}
	return f.Close()
}

// dropOptions sets aside the engine's record of its options: it makes a new one.
func dropOptions(opts Options) error {
	list, err := opts.FS.List(engineDir(opts))
	if err != nil {
		return err
	}
	for _, name := range list {
		if strings.HasPrefix(name, "OPTIONS-") {
			if err := setAside(opts, opts.FS.PathJoin(engineDir(opts), name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// setAside moves a file to the damaged ones.
func setAside(opts Options, path string) error {
	dir := opts.FS.PathJoin(opts.Dir, damagedName)
	if err := makeDir(opts.FS, dir); err != nil {
		return err
	}
	return opts.FS.Rename(path, freeName(opts.FS, opts.FS.PathJoin(dir, opts.FS.PathBase(path))))
}

func freeName(fs vfs.FS, path string) string {
	name := path
	for i := 1; ; i++ {
		if _, err := fs.Stat(name); err != nil {
			return name
		}
		name = fmt.Sprintf("%s.%d", path, i)
	}
}
