package mark

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// rewriteSize is the file size from which a change begins the file anew, once it has
// doubled since it was begun.
const rewriteSize = 256 << 10

// File is a mark open for writing. It is not safe for concurrent use.
type File struct {
	fs        vfs.FS
	dir, path string
	state     State
	file      vfs.File
	size      int
	begun     int // size when it was begun
}

// Load reads the mark of a directory. It fails with os.ErrNotExist where there
// is none, and with store.ErrDamaged.
func Load(fs vfs.FS, dir, name string) (State, error) {
	b, err := ReadFile(fs, fs.PathJoin(dir, name))
	if err != nil {
		return State{}, fmt.Errorf("read mark: %w", err)
	}
	return parse(b)
}

// Create writes a new mark in place of an old one, durably, and keeps it open.
func Create(fs vfs.FS, dir, name string, state State) (*File, error) {
	f := &File{fs: fs, dir: dir, path: fs.PathJoin(dir, name), state: state}
	if err := f.rewrite(); err != nil {
		return nil, err
	}
	return f, nil
}

// Write adds a change, durably.
func (f *File) Write(c Change) error {
	entry := appendEntry(nil, c)
	f.state.apply(c)
	if f.size+len(entry) > rewriteSize && f.size > 2*f.begun {
		return f.rewrite()
	}
	if _, err := f.file.Write(entry); err != nil {
		return fmt.Errorf("write mark: %w", err)
	}
	if err := f.file.SyncData(); err != nil {
		return fmt.Errorf("sync mark: %w", err)
	}
	f.size += len(entry)
	return nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

func (f *File) rewrite() error {
	if f.file != nil {
		if err := f.file.Close(); err != nil {
			return fmt.Errorf("close mark: %w", err)
		}
	}
	entry := appendEntry(nil, f.state.everything())
	file, err := WriteFile(f.fs, f.dir, f.path, entry)
	if err != nil {
		return fmt.Errorf("rewrite mark: %w", err)
	}
	f.file, f.size, f.begun = file, len(entry), len(entry)
	return nil
}

// WriteFile replaces a file by content, durably, and returns it open for
// appending.
func WriteFile(fs vfs.FS, dir, path string, content []byte) (vfs.File, error) {
	file, err := fs.Create(path+".new", vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, err
	}
	if _, err = file.Write(content); err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = fs.Rename(path+".new", path)
	}
	if err == nil {
		err = SyncDir(fs, dir)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// ReadFile returns the content of a file.
func ReadFile(fs vfs.FS, path string) ([]byte, error) {
	f, err := fs.Open(path)
	if err != nil {
		if isNotExist(err) {
			return nil, fmt.Errorf("%w: %w", os.ErrNotExist, err)
		}
		return nil, err
	}
	b, err := io.ReadAll(f)
	return b, errors.Join(err, f.Close())
}

// SyncDir makes the entries of a directory durable.
func SyncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
