package store

import (
	"context"
	"time"
)

// MaxRecordBytes bounds the frames of one record, unless it holds one message.
const MaxRecordBytes = 256 << 10

// MaxSequence is the highest sequence a topic can issue: a JavaScript number
// holds it exactly.
const MaxSequence = 1<<53 - 1

// Store keeps topics and their messages. All methods may be called concurrently.
// After Close, and after a failure of the storage, every method fails, with
// ErrClosed or ErrFailed.
//
// Changes are durable when a method returns. A context is honoured until the
// change is begun; from then on the method returns its outcome, never a
// cancellation that leaves it open.
type Store interface {
	// CreateTopic creates an empty topic, or returns the existing one if its
	// definition is equal. It fails with ErrTopicExists if it is not, and with
	// ErrLowDiskSpace and ErrStalled.
	CreateTopic(ctx context.Context, name string, def Definition) (Topic, error)
	// GetTopic returns a topic. It fails with ErrTopicNotFound.
	GetTopic(ctx context.Context, name string) (Topic, error)
	// ListTopics returns up to limit topics whose names follow after, in byte
	// order; more says that the list goes on. A limit below 1 is an error.
	ListTopics(ctx context.Context, after string, limit int) (topics []Topic, more bool, err error)
	// UpdateTopic replaces a topic's definition by what change returns. No other
	// change lies between. change must not block nor call the store; if it fails,
	// nothing changes and its error is returned. If epoch is not empty, the topic
	// must have it. It works with little disk space left, since a shorter
	// retention is a way out. It fails with ErrTopicNotFound or a *MismatchError.
	UpdateTopic(ctx context.Context, name, epoch string, change func(Definition) (Definition, error)) (Topic, error)
	// DeleteTopic removes a topic and its messages. If epoch is not empty, the
	// topic must have it. It fails with ErrTopicNotFound or a *MismatchError.
	DeleteTopic(ctx context.Context, name, epoch string) error
	// PurgeTopic removes the messages before a sequence, exactly. If epoch is not
	// empty, the topic must have it. It fails with ErrTopicNotFound, a
	// *MismatchError, or ErrPositionAhead if before is above last + 1.
	PurgeTopic(ctx context.Context, name, epoch string, before uint64) (Topic, error)
	// Append stores a batch, all or none. See AppendRequest for its errors.
	Append(ctx context.Context, req AppendRequest) (Receipt, error)
	// Read returns the messages from a sequence on. See ReadRequest.
	Read(ctx context.Context, req ReadRequest) (Page, error)
	// SeekTime returns the sequence of the first stored message whose publish
	// time is not before t, or last + 1. It fails with ErrTopicNotFound.
	SeekTime(ctx context.Context, name string, t time.Time) (uint64, error)
	// Close completes what is queued, refuses the rest, and releases the storage.
	Close() error
}
