package store

// MaxPast is how many earlier epochs a topic remembers, the newest. One beyond
// that is as unknown as another topic's: its cursors are told that the topic was
// created again, and begin at the oldest message.
const MaxPast = 16

// PastEpoch is an earlier epoch of a topic's life. A recovery, or a restoration
// from a copy, ended it: what it issued beyond End is lost, and the next epoch
// begins at Next, above everything it may have issued. So sequences of one life
// never mean two messages, and there is always a gap between two epochs.
type PastEpoch struct {
	Epoch string `json:"epoch"`
	// End is the last sequence of it that was found, and of all before it.
	End uint64 `json:"end"`
	// Next is the first sequence of the next epoch, above End + 1.
	Next uint64 `json:"next"`
}

// Lineage is the earlier epochs of a topic's life, the oldest first.
type Lineage []PastEpoch

// Find returns an epoch of the lineage.
func (l Lineage) Find(epoch string) (PastEpoch, bool) {
	for _, past := range l {
		if past.Epoch == epoch {
			return past, true
		}
	}
	return PastEpoch{}, false
}

// At returns the epoch that a sequence belongs to; one between two epochs
// belongs to the later. present is the epoch after the lineage.
func (l Lineage) At(sequence uint64, present string) string {
	for _, past := range l {
		if sequence <= past.End {
			return past.Epoch
		}
	}
	return present
}

// Leap returns the range of sequences between two epochs that a sequence lies
// in.
func (l Lineage) Leap(sequence uint64) (first, last uint64, ok bool) {
	for _, past := range l {
		if past.End < sequence && sequence < past.Next {
			return past.End + 1, past.Next - 1, true
		}
	}
	return 0, 0, false
}

// Forgot reports whether a sequence lies among epochs too old for the lineage, where
// there may be leaps that it no longer has.
func (l Lineage) Forgot(sequence uint64) bool {
	return len(l) >= MaxPast && sequence <= l[0].End
}

// Skip returns the first sequence from a given one on that lies in no leap.
func (l Lineage) Skip(sequence uint64) uint64 {
	for _, past := range l {
		if past.End < sequence && sequence < past.Next {
			sequence = past.Next
		}
	}
	return sequence
}

// EndFrom returns how far the epoch that a sequence lies in reaches: its end, or
// last if it is the present one.
func (l Lineage) EndFrom(sequence, last uint64) uint64 {
	for _, past := range l {
		if sequence <= past.End {
			return past.End
		}
	}
	return last
}

// Newest returns the sequence with which the newest n messages of the topic
// begin, First if it has fewer. What leaps hold is not counted.
func (t Topic) Newest(n uint64) uint64 {
	last := t.Last
	for i := len(t.Past) - 1; i >= 0 && t.First < t.Past[i].Next; i-- {
		have := last + 1 - min(t.Past[i].Next, last+1)
		if n <= have {
			return last + 1 - n
		}
		last, n = t.Past[i].End, n-have
	}
	return max(t.First, last+1-min(last, n))
}
