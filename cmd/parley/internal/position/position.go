// Package position reads and writes places in a topic as the command line has
// them.
package position

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"

	"github.com/parleyhq/parley/cmd/parley/internal/quantity"
)

const (
	cursorPrefix = "cursor="
	lastPrefix   = "last="
)

var errForm = errors.New("use earliest, end, a sequence, a time (2026-01-31T12:00:00Z), an age (10m, 7d), last=N or cursor=EPOCH:SEQUENCE")

// Parse reads a start: earliest, end, a sequence, a time in RFC 3339, an age
// such as 10m, -10m or 2d (that long before now), last=N or cursor=EPOCH:SEQUENCE.
func Parse(text string, now time.Time) (*messagingv1.Start, error) {
	if cursor, ok := strings.CutPrefix(text, cursorPrefix); ok {
		return parseCursor(text, cursor)
	}
	if number, ok := strings.CutPrefix(text, lastPrefix); ok {
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("start %q: N must be a number from 1 on", text)
		}
		return &messagingv1.Start{Position: &messagingv1.Start_Last{Last: uint32(n)}}, nil
	}
	switch text {
	case "earliest":
		return &messagingv1.Start{Position: &messagingv1.Start_Earliest{Earliest: true}}, nil
	case "end":
		return &messagingv1.Start{Position: &messagingv1.Start_End{End: true}}, nil
	}
	if sequence, err := strconv.ParseUint(text, 10, 64); err == nil {
		if sequence == 0 {
			return nil, fmt.Errorf("start %q: sequences begin at 1; earliest is the oldest message stored", text)
		}
		return &messagingv1.Start{Position: &messagingv1.Start_Sequence{Sequence: sequence}}, nil
	}
	if age, err := quantity.ParsePeriod(text); err == nil {
		return at(now.Add(-age.Abs())), nil
	}
	if moment, err := time.Parse(time.RFC3339, text); err == nil {
		return at(moment), nil
	}
	return nil, fmt.Errorf("start %q is unknown: %w", text, errForm)
}

// Format writes a cursor in the form that Parse reads.
func Format(cursor *messagingv1.Cursor) string {
	return fmt.Sprintf("%s%s:%d", cursorPrefix, cursor.GetEpoch(), cursor.GetSequence())
}

func parseCursor(text, cursor string) (*messagingv1.Start, error) {
	colon := strings.LastIndexByte(cursor, ':') // an epoch is any string
	if colon < 1 {
		return nil, fmt.Errorf("start %q: the form is cursor=EPOCH:SEQUENCE", text)
	}
	sequence, err := strconv.ParseUint(cursor[colon+1:], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("start %q: the sequence of the cursor is no number", text)
	}
	return &messagingv1.Start{Position: &messagingv1.Start_After{After: &messagingv1.Cursor{Epoch: cursor[:colon], Sequence: sequence}}}, nil
}

func at(moment time.Time) *messagingv1.Start {
	return &messagingv1.Start{Position: &messagingv1.Start_Time{Time: timestamppb.New(moment)}}
}
