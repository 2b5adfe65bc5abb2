package pebblestore

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/sync/semaphore"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/datadir"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/engine"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/queue"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/records"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/topics"
)

// Open opens the store in a data directory, or makes a new one in an empty
// directory. It fails with store.ErrLocked, store.ErrFormatTooNew,
// store.ErrLowDiskSpace where there is no room even to open it, or
// store.ErrDamaged, which a *store.LossError is too; then nothing has been changed.
func Open(opts Options) (*Store, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	lock, err := opts.dir().Lock()
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s, err := openLocked(opts)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", engine.OneLine(errors.Join(err, lock.Close())))
	}
	s.lock = lock
	return s, nil
}

func openLocked(opts Options) (*Store, error) {
	there, err := opts.dir().Exists()
	if err != nil {
		return nil, err
	}
	adopt := adoptNew
	if there {
		known, err := inspect(opts)
		if err != nil {
			return nil, err
		}
		adopt = known.Adopt
	}
	s, err := start(opts, adopt)
	if err != nil {
		return nil, err
	}
	if !there {
		if err := opts.dir().WriteFormat(); err != nil {
			return nil, errors.Join(err, s.halt())
		}
	}
	return s, nil
}

// adoptNew is what start does with a database that is not there yet.
func adoptNew(db *pebble.DB) (*topics.Catalogue, error) {
	c, err := topics.Load(db)
	if err == nil && len(c.Topics) > 0 {
		err = datadir.NoFormat()
	}
	return c, err
}

// inspect opens an existing store for reading only, compares it with its mark, and
// returns what is in it.
func inspect(opts Options) (*topics.Catalogue, error) {
	state, err := opts.dir().LoadMark()
	if err != nil {
		return nil, datadir.Damaged("read mark", err)
	}
	if err := mark.Verify(opts.FS, opts.dir().Engine(), state.Manifest); err != nil {
		return nil, err
	}
	db, err := engine.OpenToRead(opts.engine())
	if err != nil {
		return nil, datadir.Damaged("open log", err)
	}
	c, err := topics.Load(db)
	if err == nil {
		for name, cause := range c.Unreadable {
			// After a recovery the floor stands for what cannot be read; what came
			// after it is the mark's to miss.
			if c.Topics[name].State().Floor() == 0 {
				err = datadir.Damaged("read newest record of topic "+name, cause)
			}
		}
	}
	if err == nil {
		err = c.Compare(db, state)
	}
	return c, errors.Join(err, db.Close())
}

// start opens the database for use, lets adopt say what is in it and change it,
// begins a new mark, and starts the goroutines.
func start(opts Options, adopt func(*pebble.DB) (*topics.Catalogue, error)) (*Store, error) {
	if err := checkRoom(opts); err != nil {
		return nil, err
	}
	s := &Store{
		opts: opts, queue: queue.New[work](opts.QueueBytes), crowd: newCrowd(),
		copying: semaphore.NewWeighted(1), ended: make(chan struct{}),
	}
	var touch touchable
	settings := opts.engine()
	settings.Fail, settings.Stalled, settings.Changed = s.fail, opts.stalled, touch.touch
	opened, err := engine.Open(settings)
	if err != nil {
		return nil, datadir.Damaged("open log", err)
	}
	if err := s.failed(); err != nil {
		return nil, err
	}
	s.engine, s.db = opened, opened.DB
	c, err := adopt(s.db)
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	s.topics, s.commit = make(map[string]*topic, len(c.Topics)), c.Commit
	for name, t := range c.Topics {
		s.topics[name] = &topic{Topic: t}
	}
	s.ageBase = c.Commit.Age - opts.Clock.Running()
	file, manifest, err := newMark(opts, c)
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	s.marker = newMarker(opts, file, manifest, s.fail)
	s.marker.commit.Store(s.commit.Number)
	touch.set(s.marker)
	if err := s.forgetDeleted(); err != nil {
		return nil, errors.Join(err, file.Close(), opened.Close())
	}
	opened.Begin(s.fail)
	go s.marker.run()
	go s.commitLoop()
	s.trimmer = startTrimmer(s)
	return s, nil
}

// newMark begins a mark with what the database holds.
func newMark(o Options, c *topics.Catalogue) (*mark.File, mark.Manifest, error) {
	manifest, err := mark.Follow(o.FS, o.dir().Engine(), mark.Manifest{})
	if err != nil {
		return nil, manifest, err
	}
	state := mark.State{
		Commit: c.Commit.Number, Manifest: manifest,
		Topics: make(map[uint64]mark.Topic, len(c.Topics)),
	}
	for _, t := range c.Topics {
		state.Topics[t.Log] = t.Mark()
	}
	file, err := o.dir().CreateMark(state)
	return file, manifest, err
}

// forgetDeleted removes the deleted logs that the mark no longer has: also those
// that cannot be read, which nobody will look for any more.
func (s *Store) forgetDeleted() error {
	start, end := layout.DeletedSpan()
	it, err := s.db.NewIter(records.Span(start, end))
	if err != nil {
		return datadir.Damaged("read deleted topics", err)
	}
	some := it.First()
	if err := it.Close(); err == nil && !some {
		return nil
	}
	b := s.db.NewBatch()
	defer func() { _ = b.Close() }()
	_ = b.DeleteRange(start, end, nil)
	return s.write(b)
}
