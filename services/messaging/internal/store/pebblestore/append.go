package pebblestore

import (
	"context"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
)

// batchTask is one Append.
type batchTask struct {
	topic    *topic
	messages []store.Message
	ids      []layout.Fingerprint // one for each message, or none; zero without an id
	epoch    string
	last     *uint64
	size     int
	receipt  store.Receipt
}

// Append implements store.Store.
func (s *Store) Append(ctx context.Context, req store.AppendRequest) (store.Receipt, error) {
	if len(req.Messages) == 0 {
		return store.Receipt{}, store.ErrEmptyBatch
	}
	t, err := s.topic(req.Topic)
	if err != nil {
		return store.Receipt{}, err
	}
	b := &batchTask{topic: t, messages: req.Messages, epoch: req.ExpectedEpoch, last: req.ExpectedLast}
	for _, m := range req.Messages {
		b.size += len(m.Data)
	}
	if b.ids, err = fingerprints(req.Messages); err != nil {
		return store.Receipt{}, err
	}
	// The ids may weigh more than the messages.
	weight := int64(b.size) + int64(len(b.messages))*64
	if err := s.do(ctx, &task{Work: work{batch: b}, Weight: weight}); err != nil {
		return store.Receipt{}, err
	}
	return b.receipt, nil
}

// fingerprints returns those of a batch's ids, nothing if it has none. It fails
// if an id occurs twice.
func fingerprints(messages []store.Message) ([]layout.Fingerprint, error) {
	var fps []layout.Fingerprint
	var seen map[layout.Fingerprint]struct{}
	for i, m := range messages {
		if m.ID == "" {
			continue
		}
		if fps == nil {
			fps = make([]layout.Fingerprint, len(messages))
			seen = make(map[layout.Fingerprint]struct{}, len(messages)-i)
		}
		fp := layout.Fingerprinted(m.ID)
		if _, twice := seen[fp]; twice {
			return nil, &store.DuplicateIDError{Index: i}
		}
		seen[fp] = struct{}{}
		fps[i] = fp
	}
	return fps, nil
}
