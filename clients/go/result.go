package parley

import (
	"context"
	"sync"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// Ack says where a published message is stored.
type Ack struct {
	// Epoch is the topic's.
	Epoch string
	// Sequence is the message's.
	Sequence uint64
	// Duplicate: the topic had a message with this id already, and this is its
	// sequence. It was stored by an earlier attempt of this publisher, or by
	// whoever else used the id.
	Duplicate bool
	// Durability is what the message is proof against.
	Durability messagingv1.Durability
}

// Result is the outcome of one published message, now or later. It is safe for
// concurrent use.
type Result struct {
	mu      sync.Mutex
	settled bool
	done    chan struct{} // made when somebody waits
	ack     Ack
	err     error
}

// Done is closed once the outcome is known.
func (r *Result) Done() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done == nil {
		r.done = make(chan struct{})
		if r.settled {
			close(r.done)
		}
	}
	return r.done
}

// Wait returns the outcome, or the error of ctx if that ends first. An error that
// matches [ErrOutcomeUnknown] leaves open whether the message is stored; after any
// other one it is not.
func (r *Result) Wait(ctx context.Context) (Ack, error) {
	if ack, err, settled := r.outcome(); settled {
		return ack, err
	}
	select {
	case <-r.Done():
		ack, err, _ := r.outcome()
		return ack, err
	case <-ctx.Done():
		return Ack{}, ctx.Err()
	}
}

func (r *Result) outcome() (Ack, error, bool) { //nolint:revive // the error is a value here
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ack, r.err, r.settled
}

func (r *Result) settle(ack Ack, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ack, r.err, r.settled = ack, err, true
	if r.done != nil {
		close(r.done)
	}
}
