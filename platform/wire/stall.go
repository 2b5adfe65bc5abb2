package wire

import (
	"errors"
	"sync"
	"time"
)

// ErrStalled ends a stream whose peer has stopped reading.
var ErrStalled = errors.New("peer does not take data")

// stallGuard ends a stream when one write takes too long. It costs a lock per
// write: the timer looks only now and then, and rests while nothing is written.
type stallGuard struct {
	stream *Stream
	period time.Duration // no guard unless positive
	fail   func(error)

	mu      sync.Mutex
	timer   *time.Timer // nil until the first write
	ticking bool
	writes  uint64 // begun so far
	busy    bool
	seen    uint64 // what writes was at the last look, if busy
}

func (g *stallGuard) init(stream *Stream, period time.Duration, fail func(error)) {
	g.stream, g.period, g.fail = stream, period, fail
}

// begin marks the start of a write, end its end. Writes do not overlap.
func (g *stallGuard) begin() {
	if g.period <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.writes++
	g.busy = true
	if g.ticking {
		return
	}
	g.ticking = true
	if g.timer == nil {
		g.timer = time.AfterFunc(g.period, g.look)
		return
	}
	g.timer.Reset(g.period)
}

func (g *stallGuard) end() {
	if g.period <= 0 {
		return
	}
	g.mu.Lock()
	g.busy = false
	g.mu.Unlock()
}

// stop ends the guard. A look that has begun finds the request over.
func (g *stallGuard) stop() {
	if g.timer != nil {
		g.timer.Stop()
	}
}

// look runs when the timer fires.
func (g *stallGuard) look() {
	if !g.stalled() {
		return
	}
	g.fail(ErrStalled)
	// A deadline in the past resets the stream and wakes the blocked write.
	_ = g.stream.SetWriteDeadline(time.Unix(1, 0))
}

// stalled reports whether the write that was going on at the last look still
// is. Otherwise it arranges the next look, if a write is going on.
func (g *stallGuard) stalled() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy && g.seen == g.writes {
		return true
	}
	g.seen = g.writes
	g.ticking = g.busy
	if g.busy {
		g.timer.Reset(g.period)
	}
	return false
}
