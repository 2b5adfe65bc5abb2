package enginefs

import (
	"fmt"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// endFS ends the use of an engine that cannot write its log. Where that happens
// while the engine goes on from one log to the next, it panics, with a lock in a
// state that makes the runtime end the process, and nothing says why. So the engine
// is not told: the owner of the store is, and the goroutine stays where it is until
// the process ends. A copy of the log, in another folder, may fail.
type endFS struct {
	vfs.FS

	dir string // the engine's
	end *Ending
}

// Create implements vfs.FS.
func (e endFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := e.FS.Create(name, category)
	return e.file(name, f, err)
}

// ReuseForWrite implements vfs.FS.
func (e endFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := e.FS.ReuseForWrite(oldname, newname, category)
	return e.file(newname, f, err)
}

// OpenDir implements vfs.FS.
func (e endFS) OpenDir(name string) (vfs.File, error) {
	f, err := e.FS.OpenDir(name)
	if err == nil && name == e.dir {
		return endFile{f, e.end}, nil
	}
	return f, err
}

func (e endFS) file(name string, f vfs.File, err error) (vfs.File, error) {
	if !isLog(name) || e.PathDir(name) != e.dir {
		return f, err
	}
	if err := e.end.check(err); err != nil {
		return nil, err
	}
	return endFile{f, e.end}, nil
}

type endFile struct {
	vfs.File

	end *Ending
}

// Write implements vfs.File.
func (f endFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.end.check(err)
}

// Sync implements vfs.File.
func (f endFile) Sync() error { return f.end.check(f.File.Sync()) }

// SyncData implements vfs.File.
func (f endFile) SyncData() error { return f.end.check(f.File.SyncData()) }

// SyncTo implements vfs.File.
func (f endFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	return full, f.end.check(err)
}

// Close implements vfs.File.
func (f endFile) Close() error { return f.end.check(f.File.Close()) }

// Ending holds whom to tell that the log of an engine cannot be written: the goroutine
// that found out never returns. While that is nobody, as the store is being opened and
// closed, errors are returned. The zero value is nobody. It is safe for concurrent use.
type Ending struct{ fail atomic.Pointer[func(error)] }

// Set says whom to tell.
func (e *Ending) Set(fail func(error)) { e.fail.Store(&fail) }

// Clear says that nobody is told any more.
func (e *Ending) Clear() { e.fail.Store(nil) }

// check returns an error only where nobody is to be told.
func (e *Ending) check(err error) error {
	if fail := e.fail.Load(); err != nil && fail != nil {
		(*fail)(fmt.Errorf("write log: %w", err))
		select {}
	}
	return err
}
