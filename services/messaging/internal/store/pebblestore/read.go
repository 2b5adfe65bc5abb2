package pebblestore

import (
	"context"
	"fmt"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/records"
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
		st := t.state.Load()
		page, err := s.readPage(t, st, req)
		if err != nil {
			return store.Page{}, fmt.Errorf("read topic %s: %w", t.name, err)
		}
		// What looks lost may have been removed while it was read.
		if page.Gap != nil && page.Gap.Reason == store.DataLoss {
			if now := t.state.Load(); now.deleted || now.low.First > st.low.First {
				continue
			}
			if s.opts.Hooks.Lost != nil && !st.leapt(*page.Gap) {
				s.opts.Hooks.Lost(t.name, *page.Gap)
			}
		}
		return page, nil
	}
}

func (s *Store) readPage(t *topic, st *state, req store.ReadRequest) (store.Page, error) {
	if st.deleted {
		return store.Page{}, store.ErrTopicNotFound
	}
	if err := st.checkEpoch(req.Epoch); err != nil {
		return store.Page{}, err
	}
	if req.From > st.last+1 {
		return store.Page{}, store.ErrPositionAhead
	}
	page := store.Page{Epoch: st.Epoch, Next: req.From, TopicLast: st.last}
	if req.From == 0 {
		page.Next = st.low.First
	}
	if page.Gap = st.missing(page.Next); page.Gap != nil {
		page.Next = page.Gap.Last + 1
	}
	if page.Next > st.last || page.Gap != nil && st.missing(page.Next) != nil {
		return page, nil
	}
	err := records.Fill(&page, s.db, t.log, st.Past.EndFrom(page.Next, st.last), req)
	return page, err
}

// missing returns the gap that a sequence lies in, as far as the topic knows
// without looking at records: what was removed, or leapt over.
func (s *state) missing(sequence uint64) *store.Gap {
	if _, last, ok := s.Past.Leap(sequence); ok {
		return records.Loss(sequence, last, nil)
	}
	if sequence < s.low.First {
		last := s.Past.EndFrom(sequence, s.last)
		return &store.Gap{Reason: store.Removed, First: sequence, Last: min(s.low.First-1, last)}
	}
	return nil
}

// leapt reports whether a gap is one that a recovery has accepted: it is no news. Where
// the leap is forgotten, nothing is stored and nothing is damaged.
func (s *state) leapt(gap store.Gap) bool {
	_, _, leap := s.Past.Leap(gap.First)
	return leap || gap.Cause == nil && s.Past.Forgot(gap.First)
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
	st := t.state.Load()
	micros := at.UnixMicro()
	if layout.Time(micros).Before(at) {
		micros++ // a time between two microseconds
	}
	low, high := st.low.First, st.last+1
	c, err := records.Open(s.db, t.log, st.last)
	if err != nil {
		return 0, fmt.Errorf("read topic %s: %w", name, err)
	}
	defer c.Close()
	for low < high {
		middle := low + (high-low)/2
		f, ok, err := c.Seek(middle) // it, or what follows a hole
		if err == nil && ok && f.Time < micros {
			low = f.Last() + 1
		} else {
			high = middle
		}
	}
	return st.Past.Skip(low), nil
}
