package parley

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// FromEarliest starts at the oldest message still stored. It is the default.
func FromEarliest() *messagingv1.Start {
	return &messagingv1.Start{Position: &messagingv1.Start_Earliest{Earliest: true}}
}

// FromEnd starts with what is published from now on. "Now" is when the server
// answers first: a call that breaks before that begins at a later end.
func FromEnd() *messagingv1.Start {
	return &messagingv1.Start{Position: &messagingv1.Start_End{End: true}}
}

// FromSequence starts with the message of this sequence, at least 1. If it is no
// longer stored, a [Gap] comes first. More than one beyond the topic's end is an
// error with reason POSITION_AHEAD.
func FromSequence(sequence uint64) *messagingv1.Start {
	return &messagingv1.Start{Position: &messagingv1.Start_Sequence{Sequence: sequence}}
}

// After starts behind a cursor: with the next message, or with a [Gap] that says
// what is missing before it.
func After(cursor *messagingv1.Cursor) *messagingv1.Start {
	return &messagingv1.Start{Position: &messagingv1.Start_After{After: cursor}}
}

// FromTime starts with the first stored message whose publish time is not before
// the given one; without one, with what is published from now on.
func FromTime(moment time.Time) *messagingv1.Start {
	return &messagingv1.Start{Position: &messagingv1.Start_Time{Time: timestamppb.New(moment)}}
}

// FromLast starts with the newest n stored messages, at least 1, or with all of
// them if fewer are stored. A filter by key applies afterwards.
func FromLast(n uint32) *messagingv1.Start {
	return &messagingv1.Start{Position: &messagingv1.Start_Last{Last: n}}
}
