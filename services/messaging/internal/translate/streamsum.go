package translate

import (
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// StreamSum adds up the receipts of a stream of one topic and epoch, in order.
type StreamSum struct {
	epoch              string
	first, last        uint64
	greatest           uint64
	stored, duplicates uint64
	batches            uint64
	durability         store.Durability
}

// Add adds the receipt of the next batch, which had so many messages.
func (s *StreamSum) Add(messages int, r store.Receipt) {
	s.epoch = r.Epoch
	if s.first == 0 {
		s.first = r.First
	}
	if r.Last != 0 {
		s.last = r.Last
	}
	s.greatest = max(s.greatest, greatest(r))
	s.stored += uint64(messages - len(r.Duplicates))
	s.duplicates += uint64(len(r.Duplicates))
	if s.batches == 0 || r.Durability < s.durability {
		s.durability = r.Durability
	}
	s.batches++
}

// Receipt returns the sum.
func (s *StreamSum) Receipt() *messagingv1.StreamReceipt {
	if s.batches == 0 {
		return &messagingv1.StreamReceipt{}
	}
	return &messagingv1.StreamReceipt{
		Epoch: s.epoch, FirstSequence: s.first, LastSequence: s.last,
		StoredMessages: s.stored, DuplicateMessages: s.duplicates, StoredBatches: s.batches,
		Durability: durability(s.durability),
		Cursor:     &messagingv1.Cursor{Epoch: s.epoch, Sequence: s.greatest},
	}
}
