package store

import (
	"maps"
	"time"
)

// ServerFieldBytes is what the size of a message counts for the fields that the
// store sets, however large they are, so that a publisher knows the size.
const ServerFieldBytes = 32

// Definition is what a client chooses for a topic. The store fills in no
// defaults: a zero value means what its field says.
type Definition struct {
	// Labels are kept, not interpreted.
	Labels map[string]string `json:"labels,omitempty"`
	// Retention says when messages are removed.
	Retention Retention `json:"retention,omitzero"`
	// MaxMessageBytes bounds a message as encoded by its publisher, plus
	// ServerFieldBytes. 0: no limit.
	MaxMessageBytes int `json:"max_message_bytes,omitempty"`
	// DedupWindow is how long an id is remembered, in running time: how long the
	// store has been running since it stored the id. A stop does not shorten it,
	// nor does a clock that is set. A longer one brings back no id that a shorter one
	// before it has forgotten. 0: ids are not compared.
	DedupWindow time.Duration `json:"dedup_window,omitempty"`
	// DedupMaxIDs bounds how many ids are remembered, the newest. 0: none.
	DedupMaxIDs int `json:"dedup_max_ids,omitempty"`
}

// Equal reports whether two definitions say the same.
func (d Definition) Equal(o Definition) bool {
	return maps.Equal(d.Labels, o.Labels) && d.Retention == o.Retention &&
		d.MaxMessageBytes == o.MaxMessageBytes && d.DedupWindow == o.DedupWindow &&
		d.DedupMaxIDs == o.DedupMaxIDs
}

// Dedups reports whether ids are compared at all.
func (d Definition) Dedups() bool { return d.DedupWindow > 0 && d.DedupMaxIDs > 0 }

// Retention removes the oldest messages in the background once a limit is
// exceeded. MaxMessages is exact to the message; the others remove whole
// records, and MaxBytes leaves the newest record whatever its size.
type Retention struct {
	// MaxAge is counted from the publish time by the wall clock. 0: no limit.
	MaxAge time.Duration `json:"max_age,omitempty"`
	// MaxBytes is counted as Topic.Bytes is. 0: no limit.
	MaxBytes uint64 `json:"max_bytes,omitempty"`
	// MaxMessages is a number of sequences. 0: no limit.
	MaxMessages uint64 `json:"max_messages,omitempty"`
}

// Topic is a topic's definition and state.
type Topic struct {
	Name       string
	Definition Definition
	// Epoch names this stretch of the topic's life.
	Epoch string
	// Past is the earlier epochs of this life, the newest MaxPast. It must not be
	// changed.
	Past Lineage
	// Created is when this life began.
	Created time.Time
	// First is the oldest sequence stored, Last + 1 while none is.
	First uint64
	// Begin is where reading from the beginning starts: at First, or at the leap
	// before it that lost what was there.
	Begin uint64
	// Last is the highest sequence issued or leapt over, 0 before the first.
	Last uint64
	// Messages and Bytes say how much is stored, Bytes with the frames around the
	// messages.
	Messages, Bytes uint64
}

// Cursor is a place in a topic: after Sequence, within Epoch.
type Cursor struct {
	Epoch    string
	Sequence uint64
}
