package ingest

import "github.com/parleyhq/parley/services/messaging/internal/store"

const (
	// maxGroup and maxGroupBytes bound what is appended at once.
	maxGroup      = 8192
	maxGroupBytes = 1 << 20
)

// group is batches that can be appended as one: of one topic, expecting nothing
// of its end.
type group struct {
	batches  []*Batch
	messages int
	bytes    int64
}

func (g *group) add(b *Batch) {
	g.batches = append(g.batches, b)
	g.messages += len(b.Messages)
	g.bytes += b.size
}

func (g *group) fits(b *Batch) bool {
	first := g.batches[0]
	return b.Refused == nil && first.Refused == nil && b.Topic == first.Topic && b.ExpectedEpoch == first.ExpectedEpoch &&
		b.ExpectedLast == nil && first.ExpectedLast == nil &&
		g.messages+len(b.Messages) <= maxGroup && g.bytes+b.size <= maxGroupBytes
}

// request is the group as one batch.
func (g *group) request() store.AppendRequest {
	request := g.batches[0].AppendRequest
	request.Messages = make([]store.Message, 0, g.messages)
	for _, b := range g.batches {
		request.Messages = append(request.Messages, b.Messages...)
	}
	return request
}

// split gives each batch its part of the group's receipt.
func (g *group) split(whole store.Receipt) []store.Receipt {
	parts := make([]store.Receipt, len(g.batches))
	next, offset, duplicates := whole.First, 0, whole.Duplicates
	for i, b := range g.batches {
		part := store.Receipt{Epoch: whole.Epoch, Durability: whole.Durability}
		end := offset + len(b.Messages)
		for len(duplicates) > 0 && duplicates[0].Index < end {
			part.Duplicates = append(part.Duplicates, store.Duplicate{
				Index: duplicates[0].Index - offset, Sequence: duplicates[0].Sequence,
			})
			duplicates = duplicates[1:]
		}
		if stored := uint64(len(b.Messages) - len(part.Duplicates)); stored > 0 {
			part.First, part.Last = next, next+stored-1
			next += stored
		}
		parts[i], offset = part, end
	}
	return parts
}
