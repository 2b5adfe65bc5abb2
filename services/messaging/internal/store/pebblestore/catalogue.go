package pebblestore

import (
	"context"
	"fmt"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/topics"
)

// change runs f in the committer, between rounds.
func (s *Store) change(ctx context.Context, f func() error) error {
	return s.do(ctx, &task{Work: work{change: f}})
}

// CreateTopic implements store.Store.
func (s *Store) CreateTopic(ctx context.Context, name string, def store.Definition) (store.Topic, error) {
	var info store.Topic
	err := s.change(ctx, func() error {
		if t := s.topics[name]; t != nil {
			if info = t.Info(); !info.Definition.Equal(def) {
				return fmt.Errorf("create topic %s: %w", name, &store.TopicExistsError{Existing: info.Definition, Wanted: def})
			}
			return nil
		}
		if err := s.full(); err != nil {
			return s.refuse(err)
		}
		t, err := s.create(name, def)
		if err == nil {
			info = t.Info()
		}
		return err
	})
	return info, err
}

func (s *Store) create(name string, def store.Definition) (*topic, error) {
	t := &topic{Topic: topics.Begin(name, def, s.opts.Clock.Now())}
	b := s.db.NewBatch()
	defer func() { _ = b.Close() }()
	if err := t.Put(b, t.State()); err != nil {
		return nil, err
	}
	if err := s.write(b); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.topics[name] = t
	s.mu.Unlock()
	s.marker.advanced(t)
	return t, nil
}

// UpdateTopic implements store.Store.
func (s *Store) UpdateTopic(ctx context.Context, name, epoch string, change func(store.Definition) (store.Definition, error)) (store.Topic, error) {
	var info store.Topic
	err := s.change(ctx, func() error {
		t := s.topics[name]
		if t == nil {
			return store.ErrTopicNotFound
		}
		next := *t.State()
		if err := next.CheckEpoch(epoch); err != nil {
			return err
		}
		def, err := change(next.Definition)
		if err != nil {
			return err
		}
		if !def.Equal(next.Definition) {
			if def.DedupWindow > next.Definition.DedupWindow { // brings back nothing
				next.Forgotten = max(next.Forgotten, s.age()-next.Definition.DedupWindow)
			}
			next.Definition = def
			if err := s.replace(t, &next); err != nil {
				return err
			}
		}
		info = t.Info()
		return nil
	})
	return info, err
}

// replace makes a topic's definition durable, and then its state.
func (s *Store) replace(t *topic, next *topics.State) error {
	b := s.db.NewBatch()
	defer func() { _ = b.Close() }()
	if err := t.Put(b, next); err != nil {
		return err
	}
	if err := s.write(b); err != nil {
		return err
	}
	t.Set(next)
	return nil
}

// DeleteTopic implements store.Store.
func (s *Store) DeleteTopic(ctx context.Context, name, epoch string) error {
	return s.change(ctx, func() error {
		t := s.topics[name]
		if t == nil {
			return store.ErrTopicNotFound
		}
		next := *t.State()
		if err := next.CheckEpoch(epoch); err != nil {
			return err
		}
		// Readers must know before the records are gone.
		next.Deleted = true
		t.Set(&next)
		if err := s.erase(t); err != nil {
			return err
		}
		s.mu.Lock()
		delete(s.topics, name)
		s.mu.Unlock()
		s.setIndex(t, nil)
		s.marker.removed(t)
		if s.opts.Hooks.Deleted != nil {
			s.opts.Hooks.Deleted(name, next.Epoch)
		}
		return nil
	})
}

func (s *Store) erase(t *topic) error {
	b := s.db.NewBatch()
	defer func() { _ = b.Close() }()
	// A batch refuses nothing but being committed twice.
	_ = b.Delete(layout.TopicKey(t.Name), nil)
	_ = b.Delete(layout.LowWaterKey(t.Log), nil)
	_ = b.DeleteRange(layout.RecordKey(t.Log, 0), layout.RecordKey(t.Log, layout.EndOfLog), nil)
	_ = b.DeleteRange(layout.IDsKey(t.Log, 0), layout.IDsKey(t.Log, layout.EndOfLog), nil)
	_ = b.Set(layout.DeletedKey(t.Log), nil, nil)
	return s.write(b)
}
