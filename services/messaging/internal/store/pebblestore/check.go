package pebblestore

import (
	"errors"
	"fmt"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/check"
)

// Check reads all of a store that no process has open and verifies it: the mark,
// the catalogue, and the checksum, order and contents of every record. It
// changes nothing. It fails with store.ErrLocked, store.ErrFormatTooNew, or
// store.ErrDamaged if there is nothing to be read; other findings are in the
// report.
func Check(opts Options) (check.Report, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return check.Report{}, fmt.Errorf("check store: %w", err)
	}
	lock, err := opts.dir().Lock()
	if err != nil {
		return check.Report{}, fmt.Errorf("check store: %w", err)
	}
	r, err := check.Directory(opts.dir(), opts.engine())
	if err = errors.Join(err, lock.Close()); err != nil {
		return r, fmt.Errorf("check store: %w", err)
	}
	return r, nil
}
