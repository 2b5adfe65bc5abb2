package pebblestore

import (
	"cmp"
	"errors"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/datadir"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/engine"
)

// Options configures a store. Dir is required; every other zero value stands
// for its default. Negative values are refused.
type Options struct {
	// Dir is the data directory. It is created if it does not exist.
	Dir string
	// FS is the file system. Default: the machine's.
	FS vfs.FS
	// Clock tells the time. Default: store.SystemClock.
	Clock store.Clock
	// Logger gets what the engine reports. Default: discarded.
	Logger *slog.Logger
	// Hooks are called as things happen.
	Hooks store.Hooks
	// OnFatal is called once, with the cause, when the log cannot be written any
	// more. It should log it and end the process; if it returns, every method
	// fails with store.ErrFailed. It may be called by any goroutine. Default:
	// nothing.
	OnFatal func(error)
	// DiskFree returns the bytes available to the data directory. Default: asks
	// the file system.
	DiskFree func() (uint64, error)
	// MinFreeBytes is the low-space watermark: with less available, Append
	// and CreateTopic fail with store.ErrLowDiskSpace. Default: 256 MiB.
	MinFreeBytes uint64
	// QueueBytes bounds the batches waiting to be committed; Append waits for
	// room. Default: 64 MiB.
	QueueBytes int64
	// MarkInterval is how long a change may be missing from the mark. Default:
	// 50 ms.
	MarkInterval time.Duration
	// RetentionInterval is the time between two looks for messages to remove.
	// Default: 5 s.
	RetentionInterval time.Duration
	// MaxIDs bounds the ids in memory, over all topics; the index of the topic
	// unused for longest is dropped, and read again when it is needed. One that was
	// used in the last 10 s is never dropped: the indexes of busy topics may exceed
	// the bound. Default: 4,000,000, about 160 MB.
	MaxIDs int
	// MemTableBytes is the size at which the engine writes a table. Default:
	// 16 MiB.
	MemTableBytes uint64
	// CacheBytes is the size of the engine's block cache. Default: 16 MiB.
	CacheBytes int64
}

func (o Options) withDefaults() (Options, error) {
	if o.Dir == "" {
		return o, errors.New("data directory is not named")
	}
	if o.QueueBytes < 0 || o.MarkInterval < 0 || o.RetentionInterval < 0 || o.MaxIDs < 0 || o.CacheBytes < 0 {
		return o, errors.New("negative option")
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Clock == nil {
		o.Clock = store.SystemClock()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnFatal == nil {
		o.OnFatal = func(error) {}
	}
	if o.DiskFree == nil {
		fs, dir := o.FS, o.Dir
		o.DiskFree = func() (uint64, error) {
			usage, err := fs.GetDiskUsage(dir)
			return usage.AvailBytes, err
		}
	}
	o.MinFreeBytes = cmp.Or(o.MinFreeBytes, 256<<20)
	o.QueueBytes = cmp.Or(o.QueueBytes, 64<<20)
	o.MarkInterval = cmp.Or(o.MarkInterval, 50*time.Millisecond)
	o.RetentionInterval = cmp.Or(o.RetentionInterval, 5*time.Second)
	o.MaxIDs = cmp.Or(o.MaxIDs, 4_000_000)
	o.MemTableBytes = cmp.Or(o.MemTableBytes, 16<<20)
	o.CacheBytes = cmp.Or(o.CacheBytes, 16<<20)
	return o, nil
}

// stalled passes on that nothing more is taken, and that it is again.
func (o Options) stalled(cause error) {
	if o.Hooks.Stalled != nil {
		o.Hooks.Stalled(cause)
	}
}

// engine returns the options of the engine, for reading.
func (o Options) engine() engine.Options {
	return engine.Options{
		Dir: o.dir().Engine(), FS: o.FS, Logger: o.Logger, MemTableBytes: o.MemTableBytes, CacheBytes: o.CacheBytes,
	}
}

func (o Options) dir() datadir.Dir { return datadir.Dir{FS: o.FS, Path: o.Dir} }
