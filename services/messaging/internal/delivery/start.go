package delivery

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// place is where a reader begins.
type place struct {
	epoch string        // the topic's present one
	past  store.Lineage // those before it
	next  uint64
	gap   *messagingv1.Gap // before next
	head  uint64           // the topic's last sequence
}

// resolve finds where reading begins. It fails with store.ErrTopicNotFound or a
// *store.PositionAheadError.
func resolve(ctx context.Context, s store.Store, topic string, start *messagingv1.Start) (place, error) {
	t, err := s.GetTopic(ctx, topic)
	if err != nil {
		return place{}, err
	}
	p := place{epoch: t.Epoch, past: t.Past, head: t.Last}
	switch at := start.GetPosition().(type) {
	case *messagingv1.Start_End:
		p.next = t.Last + 1
	case *messagingv1.Start_Sequence:
		p.next = at.Sequence
	case *messagingv1.Start_After:
		p.next, p.gap = after(t, at.After)
	case *messagingv1.Start_Time:
		if p.next, err = s.SeekTime(ctx, topic, timeOf(at.Time)); err != nil {
			return place{}, fmt.Errorf("find a time: %w", err)
		}
	case *messagingv1.Start_Last:
		p.next = t.Newest(uint64(at.Last))
	default:
		p.next = t.Begin
	}
	if p.next > t.Last+1 && start.GetTime() == nil { // messages may have come since
		return place{}, &store.PositionAheadError{Actual: store.Cursor{Epoch: t.Epoch, Sequence: t.Last}}
	}
	return p, nil
}

// timeOf returns the time of a timestamp. The binary encoding allows years that no
// timestamp may have; the nearest that it may have stands for them.
func timeOf(t *timestamppb.Timestamp) time.Time {
	const first, last = -62_135_596_800, 253_402_300_799 // years 1 to 9999, in seconds
	return time.Unix(max(first, min(t.GetSeconds(), last)), int64(t.GetNanos()))
}

// after resumes after a cursor. Up to the end of its epoch the log is what the
// cursor's reader saw; what that epoch issued beyond is lost, nobody knows how
// much. A cursor of an epoch the topic never had is taken to be of a topic that
// was deleted.
func after(t store.Topic, cursor *messagingv1.Cursor) (uint64, *messagingv1.Gap) {
	next := cursor.GetSequence() + 1
	if cursor.GetEpoch() == t.Epoch {
		return next, nil
	}
	past, ok := t.Past.Find(cursor.GetEpoch())
	switch {
	case !ok:
		return t.First, unknownGap(messagingv1.GapReason_GAP_REASON_TOPIC_RECREATED, next, t.First)
	case cursor.GetSequence() > past.End:
		return past.Next, unknownGap(messagingv1.GapReason_GAP_REASON_DATA_LOSS, next, past.Next)
	default:
		return next, nil
	}
}

// unknownGap is a gap of which nobody knows the end.
func unknownGap(reason messagingv1.GapReason, first, resume uint64) *messagingv1.Gap {
	return &messagingv1.Gap{Reason: reason, FirstMissing: first, ResumedAt: resume}
}
