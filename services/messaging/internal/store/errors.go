package store

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrTopicNotFound: there is no such topic.
	ErrTopicNotFound error = refusal("topic not found")
	// ErrTopicExists: the topic exists with another definition.
	ErrTopicExists error = refusal("topic exists with another definition")
	// ErrPositionAhead: the position lies beyond the end of the topic.
	ErrPositionAhead error = refusal("position is beyond the end of the topic")
	// ErrEmptyBatch: a batch without messages.
	ErrEmptyBatch error = refusal("batch has no messages")
	// ErrLowDiskSpace: nothing is stored until there is space again.
	ErrLowDiskSpace error = refusal("low disk space")
	// ErrStalled: nothing is stored until the storage can be written again.
	ErrStalled error = refusal("storage cannot be written for now")
	// ErrClosed: the store is closed.
	ErrClosed = errors.New("store is closed")
	// ErrFailed: the storage failed. The process should end; a restart finds
	// everything that was acknowledged.
	ErrFailed = errors.New("storage failed")
	// ErrLocked: another process uses the data.
	ErrLocked = errors.New("data is in use by another process")
	// ErrFormatTooNew: a newer version wrote the data.
	ErrFormatTooNew = errors.New("data was written by a newer version")
	// ErrDamaged: the data is damaged or incomplete. The store does not open by
	// itself; recovery may.
	ErrDamaged = errors.New("data is damaged")
)

// TopicExistsError is an ErrTopicExists.
type TopicExistsError struct {
	// Existing is the topic's definition, Wanted the one that was asked for.
	Existing, Wanted Definition
}

// Error implements error.
func (*TopicExistsError) Error() string { return ErrTopicExists.Error() }

// Unwrap returns ErrTopicExists.
func (*TopicExistsError) Unwrap() error { return ErrTopicExists }

// Refused reports whether an error of a change says for certain that nothing was
// changed. Any other error leaves that open.
func Refused(err error) bool {
	_, ok := errors.AsType[interface {
		error
		refused()
	}](err)
	return ok
}

// refusal is an error with which nothing was changed.
type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }

func (refusal) refused()           {}
func (*MismatchError) refused()    {}
func (*DuplicateIDError) refused() {}
func (*MessageSizeError) refused() {}

// MismatchError says that a topic is not as expected.
type MismatchError struct {
	// EpochDiffers says which expectation failed: the epoch or the sequence.
	EpochDiffers bool
	// Actual is how the topic is.
	Actual Cursor
}

// Error implements error.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("topic is at epoch %s, sequence %d", e.Actual.Epoch, e.Actual.Sequence)
}

// PositionAheadError is an ErrPositionAhead that says where the end is.
type PositionAheadError struct{ Actual Cursor }

// Error implements error.
func (e *PositionAheadError) Error() string {
	return fmt.Sprintf("the position lies beyond the end of the topic, sequence %d", e.Actual.Sequence)
}

// Unwrap returns ErrPositionAhead.
func (e *PositionAheadError) Unwrap() error { return ErrPositionAhead }

// DuplicateIDError says that an id is used twice in one batch.
type DuplicateIDError struct {
	// Index is the place of the second use.
	Index int
}

// Error implements error.
func (e *DuplicateIDError) Error() string {
	return fmt.Sprintf("message %d repeats an id of its batch", e.Index)
}

// MessageSizeError says that a message exceeds the topic's limit.
type MessageSizeError struct {
	// Index is the place of the message in the batch.
	Index int
	// Size is its size as Definition.MaxMessageBytes counts it, Limit the topic's limit.
	Size, Limit int
}

// Error implements error.
func (e *MessageSizeError) Error() string {
	return fmt.Sprintf("message %d has %d bytes, more than the topic's %d", e.Index, e.Size, e.Limit)
}

// TopicLoss says what one topic lost.
type TopicLoss struct {
	Name string
	// Acknowledged is the last sequence known to have been acknowledged, Found
	// the last one in the storage.
	Acknowledged, Found uint64
	// Gone says that the topic itself is missing.
	Gone bool
}

// LossError says that acknowledged data is missing. It is an ErrDamaged.
type LossError struct {
	Topics []TopicLoss
	// Acknowledged and Found are the store's last commit as acknowledged and as
	// found; Found is lower also where only other changes than messages are lost.
	Acknowledged, Found uint64
}

// Error implements error. It names the first few topics.
func (e *LossError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "acknowledged data is missing: commit %d found, %d acknowledged", e.Found, e.Acknowledged)
	for i, t := range e.Topics {
		if i == 5 {
			fmt.Fprintf(&b, "; and %d more topics", len(e.Topics)-i)
			break
		}
		if t.Gone {
			fmt.Fprintf(&b, "; topic %s with sequences up to %d", t.Name, t.Acknowledged)
			continue
		}
		fmt.Fprintf(&b, "; topic %s sequences %d to %d", t.Name, t.Found+1, t.Acknowledged)
	}
	return b.String()
}

// Is makes a LossError an ErrDamaged.
func (e *LossError) Is(target error) bool { return target == ErrDamaged }
