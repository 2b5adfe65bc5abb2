package delivery

import (
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// Piece is what one response carries.
type Piece struct {
	// Gap is what is missing before the messages, nil if nothing is.
	Gap *messagingv1.Gap
	// Frames are the messages, see package frame. They are valid until the reader's
	// next piece, or Encoded.
	Frames []byte
	// Messages and Bytes are their number and size.
	Messages uint64
	Bytes    int
	// Cursor is the place after the piece.
	Cursor store.Cursor
	// Last is the topic's last sequence.
	Last uint64
	// More says that the reader has not come to the end of the topic.
	More bool
}

// Empty reports whether the piece says nothing but where the reader is.
func (p *Piece) Empty() bool { return p.Gap == nil && p.Messages == 0 }

func gap(g *store.Gap) *messagingv1.Gap {
	reason := messagingv1.GapReason_GAP_REASON_DATA_LOSS
	if g.Reason == store.Removed {
		reason = messagingv1.GapReason_GAP_REASON_RETENTION
	}
	return &messagingv1.Gap{Reason: reason, FirstMissing: g.First, LastMissing: g.Last, ResumedAt: g.Last + 1}
}
