package retry

import (
	"context"
	"errors"
	"time"
)

// DefaultHeartbeat is the heartbeat interval of a server that was not asked for
// another one.
const DefaultHeartbeat = 15 * time.Second

// ErrSilent ends a stream on which nothing came for twice the heartbeat interval.
var ErrSilent = errors.New("the server has fallen silent")

// Watchdog ends a context with [ErrSilent] as its cause when it is not fed for
// twice the heartbeat interval. It is for one goroutine.
type Watchdog struct {
	cancel   context.CancelCauseFunc
	timer    *time.Timer
	patience time.Duration
}

// Watch returns a context that the watchdog ends. The caller must call End.
func Watch(parent context.Context, heartbeat time.Duration) (context.Context, *Watchdog) {
	ctx, cancel := context.WithCancelCause(parent)
	if heartbeat <= 0 {
		heartbeat = DefaultHeartbeat
	}
	w := &Watchdog{cancel: cancel, patience: 2 * heartbeat}
	w.timer = time.AfterFunc(w.patience, func() { cancel(ErrSilent) })
	return ctx, w
}

// Feed starts the time anew.
func (w *Watchdog) Feed() { w.timer.Reset(w.patience) }

// Interval sets the heartbeat interval, once the server has named it. It counts
// from the next Feed.
func (w *Watchdog) Interval(heartbeat time.Duration) {
	if heartbeat > 0 {
		w.patience = 2 * heartbeat
	}
}

// Stop stops the time, until the next Feed.
func (w *Watchdog) Stop() { w.timer.Stop() }

// End ends the context and the watch.
func (w *Watchdog) End() {
	w.timer.Stop()
	w.cancel(nil)
}

// Cause returns ErrSilent if that is why a call with ctx failed, err otherwise.
func Cause(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), ErrSilent) {
		return ErrSilent
	}
	return err
}
