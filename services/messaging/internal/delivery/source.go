package delivery

import (
	"context"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/tail"
)

// Source is where readers read. Its fields are shared by all readers.
type Source struct {
	Store   store.Store
	Tails   *tail.Tails
	Buffers *Buffers
	// Observer is told what readers do.
	Observer Observer
}

// Observer counts. Its methods are called concurrently and must be quick.
type Observer interface {
	// Delivered is called for each piece that was sent.
	Delivered(piece *Piece)
	// Looked is called for each run of messages: did it come from the tail?
	Looked(inTail bool)
	// Following is called when a stream starts (1) and ends (-1) to follow a topic.
	Following(change int)
}

// Request says what to read. Start and Keys are as the contract has them and
// must have passed its rules.
type Request struct {
	Topic string
	Start *messagingv1.Start
	Keys  []string
	// StopAtHead makes the reader end at the topic's end as it is now.
	StopAtHead bool
}

// Open finds the start. It fails with store.ErrTopicNotFound or a
// *store.PositionAheadError. The reader must be closed.
func (s *Source) Open(ctx context.Context, req Request) (*Reader, error) {
	// The tail comes first: what is published from now on is in it, and if the
	// topic is deleted from now on it says so.
	r := &Reader{
		src: s, topic: req.Topic, filter: newFilter(req.Keys),
		tail: s.Tails.Open(req.Topic), stop: req.StopAtHead,
	}
	var err error
	if r.place, err = resolve(ctx, s.Store, req.Topic, req.Start); err != nil {
		r.tail.Close()
		return nil, err
	}
	s.Buffers.readers.Add(1)
	r.until = store.MaxSequence
	if req.StopAtHead {
		r.until = r.head
	}
	return r, nil
}
