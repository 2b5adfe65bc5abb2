package pebblestore

import (
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/dedup"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/records"
)

// findDuplicates looks up the ids of a batch. The index holds those of batches
// staged before in this round too; if the round fails, the store has failed.
func (r *round) findDuplicates(st *staged, b *batchTask) error {
	t, def := st.topic, st.state.Definition
	oldest := max(r.age-def.DedupWindow, st.state.Forgotten)
	if t.ids == nil {
		if err := r.loadIDs(t, oldest, def.DedupMaxIDs); err != nil {
			return err
		}
	}
	t.idsUsed = r.age
	t.ids.Evict(oldest, def.DedupMaxIDs)
	r.dropIDs(t)
	for i, fp := range b.ids {
		if fp == (layout.Fingerprint{}) {
			continue
		}
		if sequence, ok := t.ids.Lookup(fp); ok {
			b.receipt.Duplicates = append(b.receipt.Duplicates, store.Duplicate{Index: i, Sequence: sequence})
		}
	}
	return nil
}

// dropIDs removes stored ids that are forgotten, some records at a time. The
// record of the oldest id begins less than layout.MaxMessages before it.
func (r *round) dropIDs(t *topic) {
	oldest, ok := t.ids.OldestSequence()
	if !ok || oldest < t.idsFrom+4*layout.MaxMessages {
		return
	}
	end := oldest - layout.MaxMessages
	_ = r.batch.DeleteRange(layout.IDsKey(t.Log, t.idsFrom), layout.IDsKey(t.Log, end), nil)
	t.idsFrom = end
}

// loadIDs reads the ids a topic remembers: the newest up to limit that are not
// from before oldest.
func (r *round) loadIDs(t *topic, oldest time.Duration, limit int) error {
	it, err := r.s.db.NewIter(records.Span(layout.IDsKey(t.Log, 0), layout.IDsKey(t.Log, layout.EndOfLog)))
	if err != nil {
		return fmt.Errorf("read ids of topic %s: %w", t.Name, err)
	}
	ids, err := readIDs(it, oldest, limit)
	if closeErr := it.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("read ids of topic %s: %w: %w", t.Name, store.ErrDamaged, err)
	}
	t.idsUsed, t.idsFrom = r.age, 0 // there may be older ones, forgotten while nobody looked
	r.s.setIndex(t, ids)
	r.dropIndexes()
	return nil
}

func readIDs(it *pebble.Iterator, oldest time.Duration, limit int) (*dedup.Index, error) {
	count := 0
	ok := it.Last()
	for ; ok && count < limit; ok = it.Prev() {
		n := 0
		age, err := layout.ParseIDs(it.Value(), func(int, layout.Fingerprint) { n++ })
		if err != nil {
			return nil, err
		}
		if age < oldest {
			break
		}
		count += n
	}
	if ok {
		ok = it.Next() // the last one looked at is too old or not needed
	} else {
		ok = it.First()
	}
	ids := dedup.New(min(count, limit))
	for ; ok; ok = it.Next() {
		_, first, _ := layout.ParseSeqKey(it.Key())
		var fps []layout.Fingerprint
		var offsets []int
		age, err := layout.ParseIDs(it.Value(), func(offset int, fp layout.Fingerprint) {
			offsets, fps = append(offsets, offset), append(fps, fp)
		})
		if err != nil {
			return nil, err
		}
		for i, fp := range fps {
			ids.Add(fp, first+uint64(offsets[i]), age)
		}
	}
	ids.Evict(oldest, limit)
	return ids, it.Error()
}

// idsInUse is how long an index is in use after its last id. To read 1,000,000 ids
// again takes 0.15 s, and every publisher waits: where busy topics together exceed the
// bound, their indexes must not drop each other.
const idsInUse = 10 * time.Second

// dropIndexes drops indexes that are not in use, unused for longest first, while the
// bound is exceeded.
func (r *round) dropIndexes() {
	for r.s.idsRoom > r.s.opts.MaxIDs {
		var victim *topic
		for _, t := range r.s.topics {
			if t.ids != nil && r.age-t.idsUsed > idsInUse && (victim == nil || t.idsUsed < victim.idsUsed) {
				victim = t
			}
		}
		if victim == nil {
			return
		}
		r.s.setIndex(victim, nil)
	}
}

// setIndex replaces the index of a topic; nil drops it.
func (s *Store) setIndex(t *topic, ids *dedup.Index) {
	s.idsRoom += ids.Room() - t.ids.Room()
	t.ids = ids
}
