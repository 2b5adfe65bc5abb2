package pebblestore

import (
	"context"
	"fmt"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/records"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/topics"
)

// Read implements store.Store.
func (s *Store) Read(_ context.Context, req store.ReadRequest) (store.Page, error) {
	t, err := s.topic(req.Topic)
	if err != nil {
		return store.Page{}, err
	}
	s.life.RLock()
	defer s.life.RUnlock()
	if s.closed {
		return store.Page{}, store.ErrClosed
	}
	if req.MaxBytes <= 0 {
		req.MaxBytes = store.MaxRecordBytes
	}
	for {
		st := t.State()
		page, err := s.readPage(t, st, req)
		if err != nil {
			return store.Page{}, fmt.Errorf("read topic %s: %w", t.Name, err)
		}
		// What looks lost may have been removed while it was read.
		if page.Gap != nil && page.Gap.Reason == store.DataLoss {
			if now := t.State(); now.Deleted || now.Low.First > st.Low.First {
				continue
			}
			if s.opts.Hooks.Lost != nil && !st.Leapt(*page.Gap) {
				s.opts.Hooks.Lost(t.Name, *page.Gap)
			}
		}
		return page, nil
	}
}

func (s *Store) readPage(t *topic, st *topics.State, req store.ReadRequest) (store.Page, error) {
	if st.Deleted {
		return store.Page{}, store.ErrTopicNotFound
	}
	if err := st.CheckEpoch(req.Epoch); err != nil {
		return store.Page{}, err
	}
	if req.From > st.Last+1 {
		return store.Page{}, store.ErrPositionAhead
	}
	page := store.Page{Epoch: st.Epoch, Next: req.From, TopicLast: st.Last}
	if req.From == 0 {
		page.Next = st.Low.First
	}
	if page.Gap = st.Missing(page.Next); page.Gap != nil {
		page.Next = page.Gap.Last + 1
	}
	if page.Next > st.Last || page.Gap != nil && st.Missing(page.Next) != nil {
		return page, nil
	}
	err := records.Fill(&page, s.db, t.Log, st.Past.EndFrom(page.Next, st.Last), req)
	return page, err
}

// SeekTime implements store.Store. A record that cannot be read counts as not
// before t, so that reading from the result meets the gap; a leap is passed over.
func (s *Store) SeekTime(_ context.Context, name string, at time.Time) (uint64, error) {
	t, err := s.topic(name)
	if err != nil {
		return 0, err
	}
	s.life.RLock()
	defer s.life.RUnlock()
	if s.closed {
		return 0, store.ErrClosed
	}
	st := t.State()
	micros := at.UnixMicro()
	if layout.Time(micros).Before(at) {
		micros++ // a time between two microseconds
	}
	c, err := records.Open(s.db, t.Log, st.Last)
	if err != nil {
		return 0, fmt.Errorf("read topic %s: %w", name, err)
	}
	defer c.Close()
	found, err := c.Search(st.Low.First, st.Last+1, func(f records.Found) bool { return f.Time < micros })
	if err != nil {
		return 0, fmt.Errorf("read topic %s: %w", name, err)
	}
	return st.Past.Skip(found), nil
}
