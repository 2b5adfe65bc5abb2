package engine

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"
)

// SyncCost is what a durable write of 128 bytes takes on a disk: the median time of a
// write and its fdatasync(2).
type SyncCost struct {
	// Append makes the file longer with each write, Overwrite has its room beforehand.
	// A file system with a journal writes the new length to it as well, one without
	// hardly tells the two apart.
	Append    time.Duration
	Overwrite time.Duration
}

func (c SyncCost) String() string {
	return fmt.Sprintf("a synced write takes %d µs where a file becomes longer and %d µs where not",
		c.Append.Microseconds(), c.Overwrite.Microseconds())
}

// MeasureSync measures the disk of a folder.
func MeasureSync(dir string) (cost SyncCost, err error) {
	file, err := os.CreateTemp(dir, "parley-bench-sync-")
	if err != nil {
		return cost, fmt.Errorf("measure its syncs: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	if cost.Append, err = syncedWrites(file); err != nil {
		return cost, err
	}
	cost.Overwrite, err = syncedWrites(file)
	return cost, err
}

// syncedWrites writes a file from its beginning, and returns the median time of a write.
func syncedWrites(file *os.File) (time.Duration, error) {
	const writes, size = 101, 128
	times := make([]time.Duration, writes)
	for i := range times {
		begin := time.Now()
		if _, err := file.WriteAt(make([]byte, size), int64(i)*size); err != nil {
			return 0, fmt.Errorf("measure its syncs: %w", err)
		}
		if err := syscall.Fdatasync(int(file.Fd())); err != nil {
			return 0, fmt.Errorf("measure its syncs: %w", err)
		}
		times[i] = time.Since(begin)
	}
	slices.Sort(times)
	return times[writes/2], nil
}
