// Package render turns topics, messages and receipts into lines for a terminal.
// What a message holds cannot break out of its line or command the terminal.
package render

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// TimeFormat is that of times: UTC to the microsecond, all of one width.
const TimeFormat = "2006-01-02T15:04:05.000000Z"

// shownBytes is how many bytes of data a line shows.
const shownBytes = 48

// Message returns one line: sequence, time, key in brackets if there is one, and
// the content.
func Message(m *messagingv1.Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s ", m.GetSequence(), m.GetPublishTime().AsTime().Format(TimeFormat))
	if key := m.GetKey(); key != "" {
		fmt.Fprintf(&b, "[%s] ", Safe(key))
	}
	switch payload := m.GetPayload().(type) {
	case *messagingv1.Message_Text:
		b.WriteString(Safe(payload.Text))
	case *messagingv1.Message_Data:
		b.WriteString(data(payload.Data))
	default:
		b.WriteString("(content of a kind that this version does not know)")
	}
	return b.String()
}

// Safe returns text as it is if it is printable and cannot be taken for anything
// else, and quoted as in Go otherwise.
func Safe(text string) string {
	unsafe := func(r rune) bool { return r == utf8.RuneError || r != '\t' && !unicode.IsPrint(r) }
	if strings.HasPrefix(text, `"`) && strings.HasSuffix(text, `"`) || strings.ContainsFunc(text, unsafe) {
		return strconv.Quote(text)
	}
	return text
}

func data(bytes []byte) string {
	more := ""
	if len(bytes) > shownBytes {
		more = "…"
	}
	shown := base64.StdEncoding.EncodeToString(bytes[:min(shownBytes, len(bytes))])
	return fmt.Sprintf("(%d bytes) %s%s", len(bytes), shown, more)
}

// leap is half of how far a new epoch begins above the one before it: nothing but
// a new epoch takes a reader so far.
const leap = 1 << 39

// Leaps reports whether a run of missing sequences is the way to a new epoch of
// the topic. Then they are most likely numbers that no message ever had.
func Leaps(first, last uint64) bool { return last >= first && last-first >= leap }

// Gap returns one line that says what is missing and why.
func Gap(gap *messagingv1.Gap) string {
	if text, ok := newEpoch(gap); ok {
		return text
	}
	missing := fmt.Sprintf("sequences %d to %d are missing", gap.GetFirstMissing(), gap.GetLastMissing())
	switch {
	case gap.GetLastMissing() == 0:
		missing = fmt.Sprintf("everything from sequence %d on is missing", gap.GetFirstMissing())
	case gap.GetLastMissing() == gap.GetFirstMissing():
		missing = fmt.Sprintf("sequence %d is missing", gap.GetFirstMissing())
	}
	reason := "lost or damaged in storage"
	if gap.GetReason() == messagingv1.GapReason_GAP_REASON_RETENTION { // an unknown reason counts as a loss
		reason = "removed by retention or a purge"
	}
	return fmt.Sprintf("gap: %s (%s); going on at sequence %d", missing, reason, gap.GetResumedAt())
}

// newEpoch returns the line for a gap that ends in another epoch. Nobody knows how
// much is missing, if anything is.
func newEpoch(gap *messagingv1.Gap) (string, bool) {
	switch gap.GetReason() {
	case messagingv1.GapReason_GAP_REASON_TOPIC_RECREATED:
		return fmt.Sprintf("gap: the cursor is not of this topic as it is now: the topic was created again, or the cursor is another one's; reading from sequence %d", gap.GetResumedAt()), true
	case messagingv1.GapReason_GAP_REASON_DATA_LOSS:
		if gap.GetLastMissing() == 0 || Leaps(gap.GetFirstMissing(), gap.GetLastMissing()) {
			return fmt.Sprintf("gap: messages after sequence %d may be lost: the topic was restored or recovered; going on at sequence %d",
				gap.GetFirstMissing()-1, gap.GetResumedAt()), true
		}
	default:
	}
	return "", false
}

// Count returns a number with its noun, such as "1 message" or "2 messages".
func Count(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatUint(n, 10) + " " + noun + "s"
}
