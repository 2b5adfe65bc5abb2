package engine

import (
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/enginefs"
)

// Options configures an engine. The functions may be called by any goroutine, must be
// quick, and must not call the engine; only Open looks at them, and needs all.
type Options struct {
	// Dir is the engine's own directory, on FS.
	Dir string
	FS  vfs.FS
	// Logger gets what the engine reports.
	Logger *slog.Logger
	// MemTableBytes is the size at which the engine writes a table, CacheBytes that of
	// its block cache.
	MemTableBytes uint64
	CacheBytes    int64
	// Fail is called when the log or the MANIFEST cannot be written: the engine is of no
	// use any more.
	Fail func(error)
	// Stalled is called with the cause when tables cannot be written, so that nothing more
	// should be stored, and with nil when they can again.
	Stalled func(error)
	// Changed is called when the MANIFEST may be another one.
	Changed func()
}

func (o Options) pebble() *pebble.Options {
	logger := engineLogger{log: o.Logger, fatal: o.Fail}
	opts := &pebble.Options{
		FS: enginefs.New(o.FS),
		// With an older format, damage anywhere in the newest log file reads as its
		// end.
		FormatMajorVersion: pebble.FormatNewest,
		CacheSize:          o.CacheBytes,
		MemTableSize:       o.MemTableBytes,
		Logger:             logger,
		EventListener: &pebble.EventListener{
			// Damage is found by whoever reads; the default would end the process.
			DataCorruption: func(info pebble.DataCorruptionInfo) {
				logger.Errorf("%s is damaged: %s", info.Path, OneLine(info.Details))
			},
			BackgroundError: func(err error) { logger.Errorf("background error: %s", err) },
		},
	}
	opts.Levels[0].BlockSize = 32 << 10
	// A flush writes one or two tables and not eight: each is made, synced and listed.
	// Tables of the next level are small, because the engine merges up to 25 times their
	// size at once and takes all in that lies beside: so a few flushed tables are too many
	// to be merged with the commit number, which is in every flush.
	opts.TargetFileSizes[0], opts.TargetFileSizes[1], opts.TargetFileSizes[2] = 16<<20, 512<<10, 4<<20
	// MinLZ where the engine has it in assembly: less time than Snappy, its default, and
	// smaller tables. It reads both.
	opts.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionFastest })
	return opts
}
