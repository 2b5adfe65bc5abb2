package store

import "time"

// Record is a run of contiguous messages, encoded as they are sent.
type Record struct {
	// First and Last are the sequences of the run; both 0 if it is empty.
	First, Last uint64
	// FirstTime and LastTime are the publish times of the first and last message.
	FirstTime, LastTime time.Time
	// Frames is the run, see package frame. It must not be changed.
	Frames []byte
}

// Empty reports whether the record holds no message.
func (r Record) Empty() bool { return r.First == 0 }

// Count is the number of messages.
func (r Record) Count() uint64 {
	if r.Empty() {
		return 0
	}
	return r.Last - r.First + 1
}

// ReadRequest asks for a run of messages.
//
// Read fails with ErrTopicNotFound, a *MismatchError if Epoch is not empty and
// not the topic's, or ErrPositionAhead if From is above last + 1. What cannot be
// delivered any more is no error but a Gap.
type ReadRequest struct {
	Topic string
	Epoch string
	// From is the first sequence wanted. 0: the oldest stored, without a gap for
	// what was removed.
	From uint64
	// Cut is Page.Cut of the page that ended before From, or 0. It saves looking
	// for the record; a wrong one does not matter.
	Cut uint64
	// MaxBytes bounds the frames returned; one message always fits. 0: MaxRecordBytes.
	MaxBytes int
	// MaxMessages bounds their number. 0: no bound.
	MaxMessages uint64
	// Buffer, if it is large enough, becomes Page.Frames. The caller must not use
	// it for anything else as long as it uses the page.
	Buffer []byte
}

// Page is what was read: first the gap, if any, then the record. Both are empty
// at the end of the topic. The messages of a page are of one epoch; between two
// there is a gap.
type Page struct {
	// Epoch is the topic's present one.
	Epoch string
	// Gap says what is missing before the record.
	Gap *Gap
	Record
	// Next is the sequence to read from next.
	Next uint64
	// Cut is 0, or a sign of where Next is, if the page ends within a stored record.
	Cut uint64
	// TopicLast is the topic's last sequence when the page was read.
	TopicLast uint64
}

// GapReason says why messages are missing.
type GapReason int

const (
	// Removed: retention or a purge removed them.
	Removed GapReason = iota + 1
	// DataLoss: the storage lost or damaged them.
	DataLoss
)

// Gap is a range of sequences that cannot be delivered. Reading goes on at
// Last + 1.
type Gap struct {
	Reason      GapReason
	First, Last uint64
	// Cause is what the storage reported, with DataLoss. For the log, not for
	// clients. It may be nil.
	Cause error
}
