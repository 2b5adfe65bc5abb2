package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/parleyhq/parley/platform/drain"
)

// ErrDraining ends a stream because the server is shutting down. The client has
// got its last cursor.
var ErrDraining = errors.New("server is draining")

// Follow delivers pieces to send until the reader ends, which returns nil, or
// something else does: the context, a drain (ErrDraining), an error of send or of
// the store. The first piece comes at once, even if it is empty. When nothing was
// sent for a heartbeat, an empty piece is. A drain sends a last one.
//
// send must not keep the piece.
func (r *Reader) Follow(ctx context.Context, heartbeat time.Duration, send func(*Piece) error) error {
	r.src.Observer.Following(1)
	defer r.src.Observer.Following(-1)
	f := &follower{Reader: r, send: send, interval: heartbeat, timer: time.NewTimer(heartbeat)}
	defer f.timer.Stop()
	draining := drain.Started(ctx)
	for first := true; ; first = false {
		piece, err := r.Next(ctx)
		if err != nil {
			return err
		}
		ended := r.Ended()
		if err := f.deliver(&piece, first || ended && f.moved(&piece)); err != nil || ended {
			return err
		}
		if err := f.wait(ctx, draining, &piece); err != nil {
			return err
		}
	}
}

// follower is a reader with a client.
type follower struct {
	*Reader

	send     func(*Piece) error
	interval time.Duration
	timer    *time.Timer
	sent     uint64 // the sequence of the last cursor sent
}

// deliver sends a piece that says something, or that must be sent anyway.
func (f *follower) deliver(piece *Piece, anyway bool) error {
	if piece.Empty() && !anyway {
		return nil
	}
	if err := f.send(piece); err != nil {
		return err
	}
	f.src.Observer.Delivered(piece)
	f.sent = piece.Cursor.Sequence
	f.timer.Reset(f.interval)
	return nil
}

func (f *follower) moved(piece *Piece) bool { return piece.Cursor.Sequence != f.sent }

// wait returns when there may be more to read. It looks at everything else too
// while there is more already.
func (f *follower) wait(ctx context.Context, draining <-chan struct{}, piece *Piece) error {
	here := Piece{Cursor: piece.Cursor, Last: piece.Last}
	select { // what ends the stream comes before what goes on
	case <-ctx.Done():
		return ctx.Err()
	case <-draining:
		return errors.Join(ErrDraining, f.deliver(&here, true))
	case <-f.timer.C:
		return f.deliver(&here, true)
	default:
		if piece.More || !piece.Empty() {
			return nil
		}
	}
	select {
	case <-f.changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-draining:
		return errors.Join(ErrDraining, f.deliver(&here, true))
	case <-f.timer.C:
		return f.deliver(&here, true)
	}
}
