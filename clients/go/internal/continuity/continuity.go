// Package continuity checks that what a stream delivers follows what was delivered
// before: the next message or a gap, nothing twice. The server promises it; the
// check makes sure that no server, proxy or mistake breaks it silently.
package continuity

import (
	"errors"
	"fmt"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// ErrBroken is wrapped by errors of deliveries that do not follow the ones before.
var ErrBroken = errors.New("the delivery does not follow the one before")

// Delivery is what responses of reading RPCs have in common.
type Delivery interface {
	GetGap() *messagingv1.Gap
	GetMessages() []*messagingv1.Message
	GetCursor() *messagingv1.Cursor
}

// Checker knows what was delivered last. The zero value knows nothing yet. It is
// for one goroutine.
type Checker struct {
	// Filtered says that a key filter leaves messages out.
	Filtered bool

	known bool
	epoch string // "" while any epoch will do
	last  uint64
}

// StartAt tells where reading begins, if the start says so.
func (c *Checker) StartAt(start *messagingv1.Start) {
	c.known = false
	switch position := start.GetPosition().(type) {
	case *messagingv1.Start_Sequence:
		c.known, c.epoch, c.last = true, "", position.Sequence-1
	case *messagingv1.Start_After:
		c.known, c.epoch, c.last = true, position.After.GetEpoch(), position.After.GetSequence()
	}
}

// Check returns an error that wraps ErrBroken if the delivery leaves something out
// without a gap, repeats something, or goes backwards.
func (c *Checker) Check(d Delivery) error {
	cursor := d.GetCursor()
	if cursor.GetEpoch() == "" {
		return fmt.Errorf("%w: it has no cursor", ErrBroken)
	}
	if err := c.enter(d.GetGap(), cursor); err != nil {
		return err
	}
	for _, message := range d.GetMessages() {
		if err := c.next(message.GetSequence()); err != nil {
			return err
		}
	}
	switch {
	case !c.known, c.Filtered && cursor.GetSequence() >= c.last: // it moves past what was left out
	case cursor.GetSequence() != c.last:
		return fmt.Errorf("%w: the cursor is at sequence %d, the messages end at %d", ErrBroken, cursor.GetSequence(), c.last)
	}
	c.known, c.epoch, c.last = true, cursor.GetEpoch(), cursor.GetSequence()
	return nil
}

// enter takes the step over a gap, if there is one, and otherwise holds that the
// epoch is still the same.
func (c *Checker) enter(gap *messagingv1.Gap, cursor *messagingv1.Cursor) error {
	switch {
	case gap == nil && c.known && c.epoch != "" && c.epoch != cursor.GetEpoch():
		return fmt.Errorf("%w: the epoch changes from %s to %s without a gap", ErrBroken, c.epoch, cursor.GetEpoch())
	case gap == nil:
		return nil
	case gap.GetResumedAt() == 0:
		return fmt.Errorf("%w: a gap that does not say where reading goes on", ErrBroken)
	case c.known && !c.Filtered && gap.GetFirstMissing() > c.last+1:
		return fmt.Errorf("%w: a gap begins at sequence %d after sequence %d", ErrBroken, gap.GetFirstMissing(), c.last)
	case c.known && c.epoch == cursor.GetEpoch() && gap.GetResumedAt() <= c.last:
		return fmt.Errorf("%w: a gap goes back to sequence %d after sequence %d", ErrBroken, gap.GetResumedAt(), c.last)
	}
	c.known, c.last = true, gap.GetResumedAt()-1
	return nil
}

func (c *Checker) next(sequence uint64) error {
	switch {
	case !c.known:
	case sequence <= c.last:
		return fmt.Errorf("%w: sequence %d comes after sequence %d", ErrBroken, sequence, c.last)
	case sequence > c.last+1 && !c.Filtered:
		return fmt.Errorf("%w: sequences %d to %d are left out without a gap", ErrBroken, c.last+1, sequence-1)
	}
	c.known, c.last = true, sequence
	return nil
}
