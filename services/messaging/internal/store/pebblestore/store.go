package pebblestore

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/sync/semaphore"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/engine"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/queue"
)

// Store implements store.Store.
type Store struct {
	opts   Options
	engine *engine.Engine
	db     *pebble.DB // the engine's
	lock   io.Closer

	queue   *queue.Queue[work]
	marker  *marker
	trimmer *trimmer
	ended   chan struct{} // closed when the committer has ended

	// life is held for reading while the database is used outside of the
	// committer, and for writing to close it.
	life   sync.RWMutex
	closed bool

	copying *semaphore.Weighted // of 1: two backups would use one directory

	mu     sync.RWMutex // guards topics; the committer alone writes
	topics map[string]*topic

	failure atomic.Pointer[error]

	// The committer's.
	commit  layout.Commit // of the last batch
	ageBase time.Duration // age when Clock.Running was 0
	last    store.Round
	idsRoom int // of all indexes of ids
	crowd   crowd
}

var _ store.Store = (*Store)(nil)

// fail records that the log cannot be written and tells the owner, once.
func (s *Store) fail(err error) {
	if s.failure.CompareAndSwap(nil, &err) {
		s.queue.Kill()
		s.opts.OnFatal(err)
	}
}

// failed returns store.ErrFailed, with its cause, after a failure.
func (s *Store) failed() error {
	if cause := s.failure.Load(); cause != nil {
		return errors.Join(store.ErrFailed, *cause)
	}
	return nil
}

// topic finds a topic by name.
func (s *Store) topic(name string) (*topic, error) {
	if err := s.failed(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.topics == nil {
		return nil, store.ErrClosed
	}
	if t := s.topics[name]; t != nil {
		return t, nil
	}
	return nil, store.ErrTopicNotFound
}

// GetTopic implements store.Store.
func (s *Store) GetTopic(_ context.Context, name string) (store.Topic, error) {
	t, err := s.topic(name)
	if err != nil {
		return store.Topic{}, err
	}
	return t.Info(), nil
}

// ListTopics implements store.Store.
func (s *Store) ListTopics(_ context.Context, after string, limit int) ([]store.Topic, bool, error) {
	if err := s.failed(); err != nil {
		return nil, false, err
	}
	if limit < 1 {
		return nil, false, errors.New("list topics: limit below 1")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.topics == nil {
		return nil, false, store.ErrClosed
	}
	names := slices.Sorted(maps.Keys(s.topics))
	from, found := slices.BinarySearch(names, after)
	if found {
		from++
	}
	names = names[from:]
	more := len(names) > limit
	var list []store.Topic
	for _, name := range names[:min(limit, len(names))] {
		list = append(list, s.topics[name].Info())
	}
	return list, more, nil
}

// Close implements store.Store. It waits for reads to end and for what is queued
// to be committed. After a failure it only unlocks the directory: the engine is
// in no state to be closed, and the process should end.
func (s *Store) Close() error {
	s.queue.Close()
	if s.failure.Load() == nil {
		s.trimmer.stop()
		select {
		case <-s.ended:
		case <-s.queue.Dead(): // the committer may hang in the engine
		}
	}
	var markErr error
	if s.failure.Load() == nil {
		markErr = s.marker.stop()
	}
	s.mu.Lock()
	s.topics = nil
	s.mu.Unlock()
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.failure.Load() != nil {
		return s.lock.Close()
	}
	return errors.Join(markErr, s.engine.Close(), s.lock.Close())
}

// halt is Close for who holds the lock. It fails if the store has.
func (s *Store) halt() error {
	s.lock = io.NopCloser(nil)
	return errors.Join(s.Close(), s.failed())
}
