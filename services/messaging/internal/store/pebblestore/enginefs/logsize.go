package enginefs

import (
	"errors"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// LogSize returns the size of the log files in a directory, 0 if it cannot be read.
func LogSize(fs vfs.FS, dir string) (int64, error) { return sum(fs, dir, fileSize) }

// LogWritten returns how much of the log files in a directory is written, which it reads
// to find out; 0 if the directory cannot be read.
func LogWritten(fs vfs.FS, dir string) (int64, error) { return sum(fs, dir, writtenSize) }

func sum(fs vfs.FS, dir string, measure func(vfs.FS, string) (int64, error)) (int64, error) {
	names, _ := fs.List(dir) // none for a new store; what else is wrong, opening says
	total := int64(0)
	for _, name := range names {
		if !isLog(name) {
			continue
		}
		size, err := measure(fs, fs.PathJoin(dir, name))
		if err != nil {
			return 0, err
		}
		total += size
	}
	return total, nil
}

func fileSize(fs vfs.FS, path string) (int64, error) {
	info, err := fs.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func writtenSize(fs vfs.FS, path string) (int64, error) {
	f, err := Written(fs).Open(path)
	if err != nil {
		return 0, err
	}
	size, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, f, make([]byte, logBlock))
	return size, errors.Join(err, f.Close())
}
