package salvage

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/datadir"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/engine"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/enginefs"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
)

const damagedName = "damaged"

// Engine brings the engine of a data directory to where it opens, keeping what it
// changes in the directory "damaged". It does nothing if the engine opens as it is. It
// fails with store.ErrDamaged where it does not in the end. settings are the engine's.
func Engine(dir datadir.Dir, settings engine.Options) error {
	err := tryOpen(settings)
	for _, mend := range []func(datadir.Dir) error{cutLogs, dropOptions} {
		if err == nil {
			return nil
		}
		if mendErr := mend(dir); mendErr != nil {
			return fmt.Errorf("salvage log: %w", errors.Join(mendErr, err))
		}
		err = tryOpen(settings)
	}
	if err != nil {
		return datadir.Damaged("salvage log", err)
	}
	return nil
}

func tryOpen(settings engine.Options) error {
	db, err := engine.OpenToRead(settings)
	if err != nil {
		return err
	}
	return db.Close()
}

// cutLogs ends the log before its first damaged record.
func cutLogs(dir datadir.Dir) error {
	logs, err := wal.Scan(wal.Dir{FS: enginefs.Written(dir.FS), Dirname: dir.Engine()})
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
		if err := keepAndCut(dir, path, offset); err != nil {
			return err
		}
		for _, later := range logs[i+1:] {
			for n := range later.NumSegments() {
				_, path := later.SegmentLocation(n)
				if err := setAside(dir, path); err != nil {
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
func keepAndCut(dir datadir.Dir, path string, size int64) error {
	b, err := mark.ReadFile(dir.FS, path)
	if err != nil {
		return err
	}
	if err := setAside(dir, path); err != nil {
		return err
	}
	f, err := mark.WriteFile(dir.FS, dir.Engine(), path, b[:min(size, int64(len(b)))])
	if err != nil {
		return err
	}
	return f.Close()
}

// dropOptions sets aside the engine's record of its options: it makes a new one.
func dropOptions(dir datadir.Dir) error {
	list, err := dir.FS.List(dir.Engine())
	if err != nil {
		return err
	}
	for _, name := range list {
		if strings.HasPrefix(name, "OPTIONS-") {
			if err := setAside(dir, dir.FS.PathJoin(dir.Engine(), name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// setAside moves a file to the damaged ones.
func setAside(dir datadir.Dir, path string) error {
	damaged := dir.FS.PathJoin(dir.Path, damagedName)
	if err := datadir.Make(dir.FS, damaged); err != nil {
		return err
	}
	return dir.FS.Rename(path, freeName(dir.FS, dir.FS.PathJoin(damaged, dir.FS.PathBase(path))))
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
