package datadir

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
)

const (
	formatPrefix  = "parley messaging store, format "
	formatVersion = 1
)

// NoFormat says that the format version is missing where there is a store.
func NoFormat() error { return fmt.Errorf("%s is missing: %w", formatName, store.ErrDamaged) }

// CheckFormat reads the format version. It fails with os.ErrNotExist where there
// is none, store.ErrDamaged or store.ErrFormatTooNew.
func (d Dir) CheckFormat() error {
	b, err := mark.ReadFile(d.FS, d.path(formatName))
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

// WriteFormat writes the format version: the store is complete.
func (d Dir) WriteFormat() error {
	content := formatPrefix + strconv.Itoa(formatVersion) + "\n"
	f, err := mark.WriteFile(d.FS, d.Path, d.path(formatName), []byte(content))
	if err != nil {
		return fmt.Errorf("write %s: %w", formatName, err)
	}
	return f.Close()
}

// Exists reports whether the directory holds a store. FORMAT comes last when one is
// made, so without it nothing was acknowledged; but MARK without FORMAT and a
// log with topics cannot be the rest of an interrupted beginning.
func (d Dir) Exists() (bool, error) {
	err := d.CheckFormat()
	if !errors.Is(err, os.ErrNotExist) {
		return err == nil, err
	}
	state, err := d.LoadMark()
	if errors.Is(err, os.ErrNotExist) || err == nil && state.Commit == 0 {
		return false, nil
	}
	return false, fmt.Errorf("%s is missing: %w", formatName, errors.Join(store.ErrDamaged, err))
}
