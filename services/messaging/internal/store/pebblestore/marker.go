package pebblestore

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/mark"
)

// marker writes the mark in the background: after a change it waits for
// MarkInterval, then writes once for everything that has changed. It is told of
// durable changes only.
type marker struct {
	fs       vfs.FS
	dir      string // the engine's
	file     *mark.File
	interval time.Duration
	fail     func(error)

	commit atomic.Uint64
	wake   chan struct{}
	quit   chan struct{}
	done   chan struct{}
	once   sync.Once

	mu       sync.Mutex
	changed  map[*topic]struct{}
	deleted  []uint64
	manifest mark.Manifest // the writer's
}

func newMarker(o Options, file *mark.File, manifest mark.Manifest, fail func(error)) *marker {
	return &marker{
		fs: o.FS, dir: o.dir().Engine(), file: file, interval: o.MarkInterval, fail: fail,
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
		changed: make(map[*topic]struct{}), manifest: manifest,
	}
}

// committed says that a commit is durable.
func (m *marker) committed(number uint64) {
	m.commit.Store(number)
	m.touch()
}

// advanced says that a topic is durable as its state says.
func (m *marker) advanced(t *topic) {
	m.mu.Lock()
	m.changed[t] = struct{}{}
	m.mu.Unlock()
}

// removed says that a topic is durably deleted.
func (m *marker) removed(t *topic) {
	m.mu.Lock()
	delete(m.changed, t)
	m.deleted = append(m.deleted, t.Log)
	m.mu.Unlock()
}

// touch asks for a write. It never blocks; the engine calls it too.
func (m *marker) touch() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *marker) run() {
	defer close(m.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-m.wake:
		case <-m.quit:
			return
		}
		timer.Reset(m.interval)
		select {
		case <-timer.C:
		case <-m.quit:
			return
		}
		if err := m.write(); err != nil {
			m.fail(err)
			<-m.quit
			return
		}
	}
}

// stop ends the goroutine and writes what is left.
func (m *marker) stop() error {
	var err error
	m.once.Do(func() {
		close(m.quit)
		<-m.done
		err = errors.Join(m.write(), m.file.Close())
	})
	return err
}

func (m *marker) write() error {
	manifest, err := mark.Follow(m.fs, m.dir, m.manifest)
	if err != nil {
		return err
	}
	m.manifest = manifest
	m.mu.Lock()
	change := mark.Change{
		Commit: m.commit.Load(), Manifest: manifest, Deleted: m.deleted,
		Topics: make(map[uint64]mark.Topic, len(m.changed)),
	}
	for t := range m.changed {
		change.Topics[t.Log] = t.Mark()
	}
	clear(m.changed)
	m.deleted = nil
	m.mu.Unlock()
	return m.file.Write(change)
}

// touchable passes on the engine's events to a marker made after it.
type touchable struct{ marker atomic.Pointer[marker] }

func (t *touchable) set(m *marker) { t.marker.Store(m) }

func (t *touchable) touch() {
	if m := t.marker.Load(); m != nil {
		m.touch()
	}
}
