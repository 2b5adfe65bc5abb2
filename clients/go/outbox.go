package parley

import (
	"slices"
	"time"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// entry is one accepted message.
type entry struct {
	message *messagingv1.Message
	size    int
	since   time.Time // only with a linger
	result  *Result
}

// batch is what one request carries. It is the same in every attempt.
type batch struct {
	entries  []entry
	number   uint64    // of the last attempt
	opened   time.Time // the first attempt whose outcome is open; zero: not stored
	openedIn uint64    // the session of that attempt
}

// outbox holds the messages without an outcome, in the order of Publish: flight,
// which is cut into batches, then waiting. Whoever calls holds the lock.
type outbox struct {
	limits  limits
	waiting []entry
	bytes   int // of waiting
	flight  []*batch
	sent    int // how many of flight the present session has sent
	number  uint64
	session uint64

	pendingBytes int    // of all
	accepted     uint64 // how many were ever added
	cut          uint64 // how many of them were put into a batch
	settled      uint64 // how many of them have an outcome
	flushTo      uint64 // how many of them must not linger
}

// limits are those of a publisher's configuration.
type limits struct {
	batchMessages, batchBytes, inFlight int
	pendingMessages, pendingBytes       int
	linger                              time.Duration
}

func (o *outbox) pending() int { return int(o.accepted - o.settled) }

// hasRoom reports whether one more message fits. The first one always does.
func (o *outbox) hasRoom(size int) bool {
	return o.pending() == 0 || o.pending() < o.limits.pendingMessages && o.pendingBytes+size <= o.limits.pendingBytes
}

func (o *outbox) add(e entry) {
	if o.limits.linger > 0 {
		e.since = time.Now()
	}
	o.waiting = append(o.waiting, e)
	o.bytes += e.size
	o.pendingBytes += e.size
	o.accepted++
}

// begin starts a session: everything without an outcome is to be sent again.
func (o *outbox) begin() {
	o.sent = 0
	o.session++
}

// next returns the batch to send now, if there is one, and otherwise how long
// until waiting messages have lingered enough; 0: until something happens.
// pipelined says that more than one batch may be in flight.
func (o *outbox) next(pipelined bool) (*batch, time.Duration) {
	if o.sent >= o.limits.inFlight || o.sent > 0 && !pipelined {
		return nil, 0
	}
	if o.sent == len(o.flight) {
		if ready, wait := o.ready(); !ready {
			return nil, wait
		}
		o.flight = append(o.flight, &batch{entries: o.take()})
	}
	b := o.flight[o.sent]
	o.sent++
	o.number++
	b.number = o.number
	if b.opened.IsZero() {
		b.opened, b.openedIn = time.Now(), o.session
	}
	return b, 0
}

// ready reports whether the waiting messages make a batch.
func (o *outbox) ready() (ready bool, wait time.Duration) {
	switch {
	case len(o.waiting) == 0:
		return false, 0
	case o.limits.linger == 0, o.cut < o.flushTo,
		len(o.waiting) >= o.limits.batchMessages, o.bytes >= o.limits.batchBytes:
		return true, 0
	}
	wait = o.limits.linger - time.Since(o.waiting[0].since)
	return wait <= 0, wait
}

// take removes what fits into a batch from the waiting messages, at least one.
func (o *outbox) take() []entry {
	n, size := 0, 0
	for n < min(len(o.waiting), o.limits.batchMessages) && (n == 0 || size+o.waiting[n].size <= o.limits.batchBytes) {
		size += o.waiting[n].size
		n++
	}
	entries := slices.Clone(o.waiting[:n])
	clear(o.waiting[:n])
	o.waiting = o.waiting[n:]
	o.bytes -= size
	o.cut += uint64(n)
	return entries
}

// split makes the first batch as many as it has messages, so that the one that is
// refused fails alone.
func (o *outbox) split() {
	var singles []*batch
	head := o.flight[0]
	for _, e := range head.entries {
		singles = append(singles, &batch{entries: []entry{e}, opened: head.opened, openedIn: head.openedIn})
	}
	o.flight = append(singles, o.flight[1:]...)
}

// pop removes the first batch: it has an outcome.
func (o *outbox) pop() *batch {
	b := o.flight[0]
	o.flight[0] = nil
	o.flight = o.flight[1:]
	o.sent = max(0, o.sent-1)
	o.settled += uint64(len(b.entries))
	for _, e := range b.entries {
		o.pendingBytes -= e.size
	}
	return b
}

// notStored notes that nothing of what this session sent and got no receipt for
// was stored by it.
func (o *outbox) notStored() {
	for _, b := range o.flight {
		if b.openedIn == o.session {
			b.opened = time.Time{}
		}
	}
}
