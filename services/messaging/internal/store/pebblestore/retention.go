package pebblestore

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/records"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/topics"
)

// trimmer applies retention in the background.
type trimmer struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func startTrimmer(s *Store) *trimmer {
	ctx, cancel := context.WithCancel(context.Background())
	tr := &trimmer{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(tr.done)
		ticker := time.NewTicker(s.opts.RetentionInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				s.applyRetention(ctx)
			}
		}
	}()
	return tr
}

func (tr *trimmer) stop() {
	tr.cancel()
	<-tr.done
}

func (s *Store) applyRetention(ctx context.Context) {
	s.mu.RLock()
	var topics []*topic
	for _, t := range s.topics {
		if t.State().Definition.Retention != (store.Retention{}) {
			topics = append(topics, t)
		}
	}
	s.mu.RUnlock()
	for _, t := range topics {
		before, err := s.retainFrom(t)
		if err == nil && before > 0 {
			err = s.change(ctx, func() error {
				if t.State().Deleted {
					return nil
				}
				return s.trim(t, min(before, t.State().Last+1))
			})
		}
		switch {
		case err == nil:
		case ctx.Err() != nil, errors.Is(err, store.ErrFailed), errors.Is(err, store.ErrClosed):
			return
		default:
			s.opts.Logger.Error("retention failed", slog.String("topic", t.Name), slog.Any("error", err))
		}
	}
}

// retainFrom returns the first sequence a topic's retention keeps, 0 if nothing
// is to be removed.
func (s *Store) retainFrom(t *topic) (uint64, error) {
	st := t.State()
	keep, first := st.Definition.Retention, st.Low.First
	if first > st.Last {
		return 0, nil
	}
	before := first
	if keep.MaxMessages > 0 {
		// A leap before the oldest message stays: readers shall be told.
		if from := t.Info().Newest(keep.MaxMessages); from > st.Past.Skip(first) {
			before = from
		}
	}
	tooBig := keep.MaxBytes > 0 && st.Bytes-st.Low.Bytes > keep.MaxBytes
	if keep.MaxAge > 0 || tooBig {
		from, err := s.searchRetention(t, st, before)
		if err != nil {
			return 0, err
		}
		before = max(before, from)
	}
	if before == first {
		return 0, nil
	}
	return before, nil
}

// searchRetention finds the first message to keep by age and size, from a sequence on. A
// record that cannot be read is kept until what follows it goes: a reader shall be told.
func (s *Store) searchRetention(t *topic, st *topics.State, from uint64) (uint64, error) {
	keep := st.Definition.Retention
	oldest := int64(-1)
	if keep.MaxAge > 0 {
		oldest = s.opts.Clock.Now().Add(-keep.MaxAge).UnixMicro()
	}
	s.life.RLock()
	defer s.life.RUnlock()
	if s.closed {
		return 0, store.ErrClosed
	}
	c, err := records.Open(s.db, t.Log, st.Last)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return c.Search(from, st.Last+1, func(f records.Found) bool {
		left := st.Bytes - f.EndBytes + uint64(len(f.Frames))
		tooBig := keep.MaxBytes > 0 && left > keep.MaxBytes && f.Last() < st.Last
		return f.Time < oldest || tooBig
	})
}
