package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// File systems in memory, by statfs(2): syncing there costs nothing, and
// measures nothing.
const (
	tmpfs = 0x01021994
	ramfs = 0x858458f6
)

var (
	errMemory = errors.New("it is in memory: durable writes cannot be measured there")
	errSpace  = errors.New("too little free disk space")
	errNoDisk = errors.New("no folder for the servers' data: name one with --data-dir")
)

// Disk returns the folder given, or the first of the usual ones that is on a
// disk and has that much free space. A folder in memory is refused.
func Disk(given string, bytes uint64) (string, error) {
	if given != "" {
		if err := onDisk(given, bytes); err != nil {
			return "", err
		}
		return filepath.Abs(given)
	}
	errs := []error{errNoDisk}
	for _, dir := range []string{os.TempDir(), "/var/tmp"} {
		err := onDisk(dir, bytes)
		if err == nil {
			return dir, nil
		}
		errs = append(errs, err)
	}
	return "", errors.Join(errs...)
}

func onDisk(dir string, bytes uint64) error {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return fmt.Errorf("look at %s: %w", dir, err)
	}
	if kind := uint32(stat.Type); kind == tmpfs || kind == ramfs {
		return fmt.Errorf("%s: %w", dir, errMemory)
	}
	if free := stat.Bavail * uint64(stat.Bsize); free < bytes {
		return fmt.Errorf("%s: %w: %d MiB, want %d", dir, errSpace, free>>20, bytes>>20)
	}
	return nil
}
