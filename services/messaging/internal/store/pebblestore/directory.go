package pebblestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
)

// The data directory holds these and nothing else:
//
//	LOCK    locked by the process that uses the directory
//	FORMAT  the version of all this, written last when the directory is made
//	MARK    the high-water mark
//	log/    the engine's files
const (
	lockName      = "LOCK"
	formatName    = "FORMAT"
	markName      = "MARK"
	engineName    = "log"
	formatPrefix  = "parley messaging store, format "
	formatVersion = 1
)

func engineDir(o Options) string { return o.FS.PathJoin(o.Dir, engineName) }

// Traces reports whether a directory has any file that only a data directory or a
// backup has. A store that lost all the others still has one.
func Traces(dir fs.FS) bool {
	for _, pattern := range []string{formatName, markName, engineName + "/MANIFEST-*", engineName + "/*.sst"} {
		if found, err := fs.Glob(dir, pattern); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

// lockDir makes the directory if need be and locks it.
func lockDir(o Options) (io.Closer, error) {
	if err := makeDir(o.FS, o.Dir); err != nil {
		return nil, fmt.Errorf("create data directory: %w", err)
	}
	lock, err := o.FS.Lock(o.FS.PathJoin(o.Dir, lockName))
	if notOpened := (*os.PathError)(nil); errors.As(err, &notOpened) {
		return nil, fmt.Errorf("use data directory: %w", err) // not the doing of another process
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w: %w", o.Dir, store.ErrLocked, err)
	}
	return lock, nil
}

// makeDir makes a directory and those above it, durably.
func makeDir(fsys vfs.FS, dir string) error {
	if _, err := fsys.Stat(dir); err == nil {
		return nil
	}
	parent := fsys.PathDir(dir)
	if parent != dir {
		if err := makeDir(fsys, parent); err != nil {
			return err
		}
	}
	if err := fsys.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return mark.SyncDir(fsys, parent)
}

// checkFormat reads the format version. It fails with os.ErrNotExist where there
// is none.
func checkFormat(o Options) error {
	b, err := mark.ReadFile(o.FS, o.FS.PathJoin(o.Dir, formatName))
	if err != nil {
		return fmt.Errorf("read %s: %w", formatName, err)
	}
	number, ok := strings.CutPrefix(strings.TrimSuffix(string(b), "\n"), formatPrefix)
	version, err := strconv.Atoi(number)
	switch {
	case !ok || err != nil || version < 1:
		return fmt.Errorf("read %s: %w", formatName, store.ErrDamaged)
	case version > formatVersion:
		return fmt.Errorf("format %d, this version knows %d: %w", version, formatVersion, store.ErrFormatTooNew)
	}
	return nil
}

func writeFormat(fsys vfs.FS, dir string) error {
	content := formatPrefix + strconv.Itoa(formatVersion) + "\n"
	f, err := mark.WriteFile(fsys, dir, fsys.PathJoin(dir, formatName), []byte(content))
	if err != nil {
		return fmt.Errorf("write %s: %w", formatName, err)
	}
	return f.Close()
}

// exists reports whether a directory holds a store. FORMAT comes last when one is
// made, so without it nothing was acknowledged; but MARK without FORMAT and a
// log with topics cannot be the rest of an interrupted beginning.
func exists(o Options) (bool, error) {
	err := checkFormat(o)
	if !errors.Is(err, os.ErrNotExist) {
		return err == nil, err
	}
	state, err := mark.Load(o.FS, o.Dir, markName)
	if errors.Is(err, os.ErrNotExist) || err == nil && state.Commit == 0 {
		return false, nil
	}
	return false, fmt.Errorf("%s is missing: %w", formatName, errors.Join(store.ErrDamaged, err))
}
