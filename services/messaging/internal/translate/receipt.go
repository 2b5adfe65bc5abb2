package translate

import (
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// Receipt returns a receipt as the contract has it.
func Receipt(r store.Receipt) *messagingv1.Receipt {
	receipt := &messagingv1.Receipt{
		Epoch: r.Epoch, FirstSequence: r.First, LastSequence: r.Last,
		Durability: durability(r.Durability),
		Cursor:     &messagingv1.Cursor{Epoch: r.Epoch, Sequence: greatest(r)},
	}
	for _, d := range r.Duplicates {
		receipt.Duplicates = append(receipt.Duplicates, &messagingv1.Duplicate{Index: uint32(d.Index), Sequence: d.Sequence})
	}
	return receipt
}

// greatest returns the highest sequence of a batch, duplicates included.
func greatest(r store.Receipt) uint64 {
	highest := r.Last
	for _, d := range r.Duplicates {
		highest = max(highest, d.Sequence)
	}
	return highest
}

// durability returns a durability as the contract has it.
func durability(d store.Durability) messagingv1.Durability {
	switch d {
	case store.Synced:
		return messagingv1.Durability_DURABILITY_SYNCED
	case store.Replicated:
		return messagingv1.Durability_DURABILITY_REPLICATED
	case store.ReplicatedSynced:
		return messagingv1.Durability_DURABILITY_REPLICATED_SYNCED
	default:
		return messagingv1.Durability_DURABILITY_UNSPECIFIED
	}
}
