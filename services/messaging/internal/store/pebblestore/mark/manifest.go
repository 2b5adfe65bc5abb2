package mark

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/atomicfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// Follow returns how far the MANIFEST in an engine's directory is synced now,
// given what it was: only what was added since is read. It syncs the file
// first, so that the mark never says more than a crash leaves.
func Follow(fs vfs.FS, dir string, was Manifest) (Manifest, error) {
	name, err := atomicfs.ReadMarker(fs, dir, "manifest")
	if err != nil {
		return Manifest{}, fmt.Errorf("find MANIFEST: %w", err)
	}
	if name == "" {
		return Manifest{}, nil
	}
	path := fs.PathJoin(dir, name)
	info, err := fs.Stat(path)
	if err != nil {
		if isNotExist(err) {
			return was, nil // replaced meanwhile; the next change follows it
		}
		return Manifest{}, fmt.Errorf("look at MANIFEST: %w", err)
	}
	if name == was.Name && info.Size() == was.Size {
		return was, nil
	}
	known := was
	if name != was.Name || info.Size() < was.Size {
		known = Manifest{Name: name}
	}
	size := info.Size()
	sum, err := sumFile(fs, path, known.Size, size, known.Sum, true)
	if isNotExist(err) {
		return was, nil
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("read MANIFEST: %w", err)
	}
	return Manifest{Name: name, Size: size, Sum: sum}, nil
}

// Verify checks that the MANIFEST in an engine's directory still begins as the
// mark says. A MANIFEST that came later is taken as it is. It fails with
// store.ErrDamaged.
func Verify(fs vfs.FS, dir string, want Manifest) error {
	name, err := atomicfs.ReadMarker(fs, dir, "manifest")
	if err != nil {
		return fmt.Errorf("find MANIFEST: %w: %w", store.ErrDamaged, err)
	}
	if want.Name == "" || name > want.Name && len(name) >= len(want.Name) || len(name) > len(want.Name) {
		return nil
	}
	if name != want.Name {
		return fmt.Errorf("%s is current, not %s: %w", name, want.Name, store.ErrDamaged)
	}
	sum, err := sumFile(fs, fs.PathJoin(dir, name), 0, want.Size, 0, false)
	if err != nil {
		return fmt.Errorf("read %s: %w: %w", name, store.ErrDamaged, err)
	}
	if sum != want.Sum {
		return fmt.Errorf("%s has changed: %w", name, store.ErrDamaged)
	}
	return nil
}

// sumFile continues a checksum over a range of bytes of a file.
func sumFile(fs vfs.FS, path string, from, to int64, sum uint32, sync bool) (uint32, error) {
	f, err := fs.Open(path)
	if err != nil {
		return 0, err
	}
	if sync {
		err = f.Sync()
	}
	if err == nil {
		b := make([]byte, to-from)
		n, readErr := f.ReadAt(b, from)
		if n < len(b) {
			err = errors.Join(io.ErrUnexpectedEOF, readErr)
		}
		sum = crc32.Update(sum, crc32.MakeTable(crc32.Castagnoli), b)
	}
	return sum, errors.Join(err, f.Close())
}

func isNotExist(err error) bool { return oserror.IsNotExist(err) }
