package pebblestore

import (
	"context"
	"fmt"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/frame"
	"github.com/parleyhq/parley/services/messaging/internal/store"
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
	b := pageBuilder{page: &page, req: req, frames: req.Buffer[:0], last: st.Past.EndFrom(page.Next, st.last)}
	err := b.fill(s, t.log)
	return page, err
}

// missing returns the gap that a sequence lies in, as far as the topic knows
// without looking at records: what was removed, or leapt over.
func (s *state) missing(sequence uint64) *store.Gap {
	if _, last, ok := s.Past.Leap(sequence); ok {
		return lossGap(sequence, last, nil)
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

// pageBuilder copies records into a page until it is full or something is
// missing.
type pageBuilder struct {
	page   *store.Page
	req    store.ReadRequest
	frames []byte
	last   uint64 // of the epoch
}

func (b *pageBuilder) fill(s *Store, log uint64) error {
	last := b.last
	var f found
	var ok bool
	c, err := openCursor(s.db, log, last)
	if err == nil {
		defer c.close()
		f, ok, err = c.seekIn(b.req.Cut, b.page.Next)
	}
	for ; err == nil && ok && f.first <= b.page.Next; f, ok, err = c.next() {
		more, addErr := b.add(f)
		if addErr != nil {
			err = addErr
			break
		}
		if !more || b.page.Next > last {
			b.finish()
			return nil
		}
	}
	b.finish()
	switch {
	case !b.page.Empty() || b.page.Gap != nil:
		return nil // whatever comes next is the next page's
	case err == nil && ok:
		b.lose(f.first, nil)
	case err == nil:
		b.lose(last+1, nil)
	case isUnreadable(err):
		b.lose(nextReadable(s.db, log, b.page.Next, last), err)
	default:
		return err
	}
	return nil
}

// add copies the part of a record from Next on. It reports whether the page has
// room for more.
func (b *pageBuilder) add(f found) (more bool, err error) {
	skip := b.page.Next - f.first
	if skip >= uint64(f.Count) {
		return true, nil
	}
	frames, count := f.frames, uint64(f.Count)-skip
	if skip > 0 {
		n, err := frame.Skip(frames, skip)
		if err != nil {
			return false, fmt.Errorf("record %d: %w: %w", f.first, errUnreadable, err)
		}
		frames = frames[n:]
	}
	room := b.req.MaxBytes - len(b.frames)
	whole := true
	if b.req.MaxMessages > 0 && b.page.Count()+count > b.req.MaxMessages {
		count, whole = b.req.MaxMessages-b.page.Count(), false
	}
	if !whole || len(frames) > room {
		if len(b.frames) > 0 && len(frames) > room {
			return false, nil
		}
		n, size, err := frame.Fit(frames, count, room)
		if err != nil {
			return false, fmt.Errorf("record %d: %w: %w", f.first, errUnreadable, err)
		}
		frames, count, whole = frames[:size], n, false
	}
	b.take(microTime(f.Time), frames, count)
	if !whole {
		b.page.Cut = f.first
	}
	return whole && len(b.frames) < b.req.MaxBytes &&
		(b.req.MaxMessages == 0 || b.page.Count() < b.req.MaxMessages), nil
}

func (b *pageBuilder) take(at time.Time, frames []byte, count uint64) {
	if b.page.Empty() {
		b.page.First, b.page.FirstTime = b.page.Next, at
	}
	b.frames = append(b.frames, frames...)
	b.page.Next += count
	b.page.Last, b.page.LastTime = b.page.Next-1, at
}

func (b *pageBuilder) finish() {
	if !b.page.Empty() {
		b.page.Frames = b.frames
	}
}

func (b *pageBuilder) lose(resume uint64, cause error) {
	b.page.Gap = lossGap(b.page.Next, resume-1, cause)
	b.page.Next = resume
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
	if microTime(micros).Before(at) {
		micros++ // a time between two microseconds
	}
	low, high := st.low.First, st.last+1
	c, err := openCursor(s.db, t.log, st.last)
	if err != nil {
		return 0, fmt.Errorf("read topic %s: %w", name, err)
	}
	defer c.close()
	for low < high {
		middle := low + (high-low)/2
		f, ok, err := c.seek(middle) // it, or what follows a hole
		if err == nil && ok && f.Time < micros {
			low = f.last() + 1
		} else {
			high = middle
		}
	}
	return st.Past.Skip(low), nil
}
