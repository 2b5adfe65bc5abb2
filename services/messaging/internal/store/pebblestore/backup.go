package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/datadir"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/engine"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/topics"
)

// Backup writes a copy of the store, as it is at some moment during the call,
// into a directory that must not exist, while the store goes on. Tables are
// linked, not copied, where the file system can. The directory appears complete
// or not at all. It is a data directory, but open it through Restore only. Backups
// are made one after the other; the context ends the wait for its turn.
func (s *Store) Backup(ctx context.Context, dir string) error {
	if err := s.copying.Acquire(ctx, 1); err != nil {
		return fmt.Errorf("back up store: %w", err)
	}
	defer s.copying.Release(1)
	s.life.RLock()
	defer s.life.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	if err := s.failed(); err != nil {
		return err
	}
	if _, err := s.opts.FS.Stat(dir); err == nil {
		return fmt.Errorf("back up store: %s: %w", dir, os.ErrExist)
	}
	o := s.opts
	o.Dir = dir + ".partial"
	err := o.FS.RemoveAll(o.Dir)
	if err == nil {
		err = datadir.Make(o.FS, o.Dir)
	}
	if err == nil {
		err = s.db.Checkpoint(o.dir().Engine(), pebble.WithFlushedWAL())
	}
	if err == nil {
		err = finishBackup(o)
	}
	if err == nil {
		err = o.FS.Rename(o.Dir, dir)
	}
	if err == nil {
		err = mark.SyncDir(o.FS, o.FS.PathDir(dir))
	}
	if err != nil {
		return fmt.Errorf("back up store: %w", err)
	}
	return nil
}

// finishBackup gives a copy of the engine's directory the files around it.
func finishBackup(o Options) error {
	db, err := engine.OpenToRead(o.engine())
	if err != nil {
		return datadir.Damaged("open copy", err)
	}
	c, err := topics.Load(db)
	if err == nil {
		var file *mark.File
		if file, _, err = newMark(o, c); err == nil {
			err = file.Close()
		}
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	return o.dir().WriteFormat()
}

// Restore makes a data directory, which must not exist or be empty, of a backup.
// Every topic gets a new epoch that goes on far above its end: what was published
// after the backup is not in it, and readers who saw that must neither go on
// unnoticed nor get its sequences again. The backup is not changed. The directory
// appears complete or not at all. It fails with store.ErrDamaged if the backup is.
func Restore(backup string, opts Options) error {
	opts, err := opts.withDefaults()
	if err == nil {
		err = restore(backup, opts)
	}
	if err != nil {
		return fmt.Errorf("restore store: %w", engine.OneLine(err))
	}
	return nil
}

func restore(backup string, opts Options) error {
	fs := opts.FS
	if list, err := fs.List(opts.Dir); err == nil && len(list) > 0 {
		return fmt.Errorf("%s is not empty: %w", opts.Dir, os.ErrExist)
	}
	from := opts
	from.Dir = backup
	if err := from.dir().CheckFormat(); err != nil {
		return err
	}
	if _, err := inspect(from); err != nil {
		return err
	}
	partial := opts
	partial.Dir = opts.Dir + ".partial"
	if err := fs.RemoveAll(partial.Dir); err != nil {
		return err
	}
	if err := datadir.Make(fs, partial.Dir); err != nil {
		return err
	}
	ok, err := vfs.Clone(fs, fs, from.dir().Engine(), partial.dir().Engine(), vfs.CloneSync)
	if err != nil || !ok {
		return errors.Join(errors.New("copy backup"), err)
	}
	s, err := start(partial, topics.Renewal{}.Adopt)
	if err != nil {
		return err
	}
	if err := errors.Join(s.halt(), partial.dir().WriteFormat()); err != nil {
		return err
	}
	if err := fs.RemoveAll(opts.Dir); err != nil {
		return err
	}
	if err := fs.Rename(partial.Dir, opts.Dir); err != nil {
		return err
	}
	return mark.SyncDir(fs, fs.PathDir(opts.Dir))
}
