package engine

import (
	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/enginefs"
)

// Engine is an engine in use. It is safe for concurrent use.
type Engine struct {
	// DB is the engine itself. Close the Engine, not the DB.
	DB *pebble.DB

	tables   *tables
	writable *writable
	ending   enginefs.Ending
}

// Open opens an engine for use, and makes a new one where there is none. Until Begin,
// writes of the log that fail return errors.
func Open(o Options) (*Engine, error) {
	e := &Engine{tables: newTables(), writable: &writable{tell: o.Stalled}}
	opts := o.pebble()
	opts.FS = enginefs.ForUse(o.FS, o.Dir, &e.ending, e.writable.failed)
	e.tables.guide(opts)
	e.writable.listen(opts.EventListener, o.Changed)
	opts.EventListener.ManifestCreated = func(pebble.ManifestCreateInfo) { o.Changed() }
	db, err := pebble.Open(o.Dir, opts)
	if err != nil {
		return nil, err
	}
	e.DB = db
	return e, nil
}

// OpenToRead opens an engine for reading and changes nothing in its directory. It fails
// where there is none.
func OpenToRead(o Options) (*pebble.DB, error) {
	opts := o.pebble()
	opts.ReadOnly, opts.ErrorIfNotExists = true, true
	return pebble.Open(o.Dir, opts)
}

// Begin ends the use of the engine, by calling fail, where its log cannot be written from
// now on. What writes the log then never returns.
func (e *Engine) Begin(fail func(error)) { e.ending.Set(fail) }

// Wrote notes a record of a log of so many bytes, for the engine to choose tables by.
func (e *Engine) Wrote(log uint64, bytes int) { e.tables.wrote(log, bytes) }

// Stalled returns why nothing more should be stored, nil if something may: a
// store.ErrLowDiskSpace or a store.ErrStalled.
func (e *Engine) Stalled() error { return e.writable.err() }

// Close closes the engine. Writes of the log that fail meanwhile are errors.
func (e *Engine) Close() error {
	e.ending.Clear()
	return e.DB.Close()
}
