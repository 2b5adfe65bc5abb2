package interceptor

import (
	"context"
	"sync"
	"time"
)

// withTimeout is [context.WithTimeout] at less cost for calls that never wait for
// their context, as most short ones: the timer, and the entry in the parent that
// passes its end on, are made when somebody asks for Done.
func withTimeout(parent context.Context, timeout time.Duration) (ctx context.Context, cancel context.CancelFunc) {
	deadline := time.Now().Add(timeout)
	if earlier, ok := parent.Deadline(); ok && !earlier.After(deadline) {
		return context.WithCancel(parent)
	}
	late := &lateContext{Context: parent, deadline: deadline}
	return late, late.end
}

// lateContext becomes a context with a deadline when it is first waited for, or has
// ended. It is safe for concurrent use, as contexts are.
type lateContext struct {
	context.Context //nolint:containedctx // its parent

	deadline time.Time

	mu     sync.Mutex
	made   context.Context //nolint:containedctx // nil until it is needed
	cancel context.CancelFunc
	ended  bool
}

// Deadline implements [context.Context].
func (c *lateContext) Deadline() (time.Time, bool) { return c.deadline, true }

// Done implements [context.Context].
func (c *lateContext) Done() <-chan struct{} { return c.make().Done() }

// Err implements [context.Context].
func (c *lateContext) Err() error {
	c.mu.Lock()
	running := c.made == nil && !c.ended
	c.mu.Unlock()
	if running && c.Context.Err() == nil && time.Now().Before(c.deadline) {
		return nil
	}
	return c.make().Err()
}

// Value implements [context.Context]. Once there is a context it is asked, so that
// package context finds it as the parent of others.
func (c *lateContext) Value(key any) any {
	c.mu.Lock()
	made := c.made
	c.mu.Unlock()
	if made != nil {
		return made.Value(key)
	}
	return c.Context.Value(key)
}

func (c *lateContext) make() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.made != nil:
	case c.ended: // whether the deadline has passed since or not
		c.made, c.cancel = context.WithCancel(c.Context)
		c.cancel()
	default:
		c.made, c.cancel = context.WithDeadline(c.Context, c.deadline)
	}
	return c.made
}

// end cancels the context.
func (c *lateContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.cancel != nil {
		c.cancel()
	}
}
