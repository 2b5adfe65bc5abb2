package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/datadir"
	"github.com/parleyhq/parley/services/messaging/internal/translate"
)

var (
	// ErrLocked: another process uses the directory.
	ErrLocked = store.ErrLocked
	// ErrDamaged: the data is damaged or incomplete.
	ErrDamaged = store.ErrDamaged
	// ErrNoStore: the directory holds no store.
	ErrNoStore = errors.New("no message store")
	// ErrNoBackup: the directory is not a backup.
	ErrNoBackup = errors.New("not a backup made by parley backup")
)

// Recover makes the store in dir usable where a server refuses it as damaged. It
// returns what is wrong, nil if a server would start on it as it is. Without
// acceptLoss it changes nothing.
//
// With it, what cannot be read is set aside and every topic gets a new epoch:
// readers are told of what is missing by a gap. A topic of which only the name
// is left is made again with the defaults of the contract. It fails with
// ErrNoStore or ErrLocked, and if the damage is too great; then a backup has to
// be restored.
func Recover(dir string, acceptLoss bool) (finding, err error) {
	if err := mustExist(dir); err != nil {
		return nil, fmt.Errorf("recover store: %w", err)
	}
	return pebblestore.Recover(options(dir), pebblestore.Recovery{
		AcceptLoss: acceptLoss,
		Definition: translate.Definition(&messagingv1.Topic{}),
	})
}

// Backup copies the store in dir into the directory target, which must not
// exist. It opens the store as a server does, so it fails with ErrLocked while
// one runs, and with ErrDamaged where one would refuse to start.
func Backup(ctx context.Context, dir, target string) error {
	if err := mustExist(dir); err != nil {
		return fmt.Errorf("back up store: %w", err)
	}
	opened, err := pebblestore.Open(options(dir))
	if err != nil {
		return err
	}
	return errors.Join(opened.Backup(ctx, filepath.Clean(target)), opened.Close())
}

// Restore makes the data directory dir, which must not exist or be empty, of a
// backup. Every topic gets a new epoch, so that cursors from before do not go on
// unnoticed. The backup is not changed. It fails with ErrNoBackup, with os.ErrExist
// if dir is not empty, and with ErrDamaged if the backup is.
func Restore(backup, dir string) error {
	if err := mustExist(backup); err != nil {
		return fmt.Errorf("restore store: %s is %w: %w", backup, ErrNoBackup, err)
	}
	err := pebblestore.Restore(filepath.Clean(backup), options(dir))
	if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrDamaged) { // no file of a store in it
		return fmt.Errorf("%s is %w: %w", backup, ErrNoBackup, err)
	}
	return err
}

func options(dir string) pebblestore.Options {
	return pebblestore.Options{Dir: filepath.Clean(dir)} // other names are made of this one
}

// mustExist keeps a mistyped name from becoming a new, empty store. It asks for no
// more than one trace of a store: one that lost its other files is damaged, not
// absent.
func mustExist(dir string) error {
	list, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s does not exist: %w", dir, ErrNoStore)
	case err != nil:
		return err
	case len(list) == 0:
		return fmt.Errorf("%s is empty: %w", dir, ErrNoStore)
	case !datadir.Traces(os.DirFS(dir)):
		return fmt.Errorf("%s has other files: %w", dir, ErrNoStore)
	default:
		return nil
	}
}
