package datadir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

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
	lockName   = "LOCK"
	formatName = "FORMAT"
	markName   = "MARK"
	engineName = "log"
)

// Dir is a data directory.
type Dir struct {
	FS   vfs.FS
	Path string
}

func (d Dir) path(name string) string { return d.FS.PathJoin(d.Path, name) }

// Engine returns the path of the engine's own directory.
func (d Dir) Engine() string { return d.path(engineName) }

// LoadMark reads the high-water mark. It fails as mark.Load does.
func (d Dir) LoadMark() (mark.State, error) { return mark.Load(d.FS, d.Path, markName) }

// CreateMark begins a mark anew.
func (d Dir) CreateMark(state mark.State) (*mark.File, error) {
	return mark.Create(d.FS, d.Path, markName, state)
}

// Damaged says that what was read is damaged: a store.ErrDamaged.
func Damaged(what string, err error) error {
	return fmt.Errorf("%s: %w: %w", what, store.ErrDamaged, err)
}

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

// Lock makes the directory if need be and locks it. It fails with store.ErrLocked where
// another process uses it.
func (d Dir) Lock() (io.Closer, error) {
	if err := Make(d.FS, d.Path); err != nil {
		return nil, fmt.Errorf("create data directory: %w", err)
	}
	lock, err := d.FS.Lock(d.path(lockName))
	if notOpened := (*os.PathError)(nil); errors.As(err, &notOpened) {
		return nil, fmt.Errorf("use data directory: %w", err) // not the doing of another process
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w: %w", d.Path, store.ErrLocked, err)
	}
	return lock, nil
}

// Make makes a directory and those above it, durably.
func Make(fsys vfs.FS, dir string) error {
	if _, err := fsys.Stat(dir); err == nil {
		return nil
	}
	parent := fsys.PathDir(dir)
	if parent != dir {
		if err := Make(fsys, parent); err != nil {
			return err
		}
	}
	if err := fsys.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return mark.SyncDir(fsys, parent)
}
