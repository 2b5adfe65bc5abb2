package render

import (
	"fmt"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// Receipt returns one line that says what was stored, where, and what it is
// proof against.
func Receipt(topic string, r *messagingv1.StreamReceipt) string {
	text := "published nothing new to " + topic
	first, last, stored := r.GetFirstSequence(), r.GetLastSequence(), r.GetStoredMessages()
	switch {
	case stored == 1:
		text = fmt.Sprintf("published 1 message to %s: sequence %d", topic, first)
	case stored == last-first+1 && stored > 0:
		text = fmt.Sprintf("published %d messages to %s: sequences %d to %d", stored, topic, first, last)
	case stored > 0: // other publishers came in between
		text = fmt.Sprintf("published %d messages to %s: sequences between %d and %d", stored, topic, first, last)
	}
	if duplicates := r.GetDuplicateMessages(); duplicates > 0 {
		text += ", " + Count(duplicates, "duplicate") + " left out"
	}
	return text + ", " + durability(r.GetDurability())
}

func durability(d messagingv1.Durability) string {
	switch d {
	case messagingv1.Durability_DURABILITY_SYNCED:
		return "synced to disk"
	case messagingv1.Durability_DURABILITY_REPLICATED:
		return "replicated"
	case messagingv1.Durability_DURABILITY_REPLICATED_SYNCED:
		return "replicated and synced to disk"
	default:
		return "durability not known"
	}
}
