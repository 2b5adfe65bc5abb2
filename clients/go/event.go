package parley

import (
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// Event is what a [Subscriber] delivers: a [Message], a [Gap] or a [Progress].
type Event interface {
	// Cursor is the place after the event. Store it together with what the
	// event led to, and start there the next time: see [After].
	Cursor() *messagingv1.Cursor
}

// Message is an event: the next message.
type Message struct {
	*messagingv1.Message

	after place
}

// Cursor implements [Event].
func (m Message) Cursor() *messagingv1.Cursor { return m.after.cursor() }

// Gap is an event: messages that cannot be delivered any more. Reading goes on
// behind it.
type Gap struct {
	*messagingv1.Gap

	after place
}

// Cursor implements [Event].
func (g Gap) Cursor() *messagingv1.Cursor { return g.after.cursor() }

// Progress is an event: the cursor has moved without a message, because those
// behind it have other keys than the ones asked for. Whoever stores cursors
// stores this one too, or has to skip the same messages again.
type Progress struct {
	after place
}

// Cursor implements [Event].
func (p Progress) Cursor() *messagingv1.Cursor { return p.after.cursor() }

// Batch is what one response delivered, for those who handle many messages at
// once. Either part may be missing.
type Batch struct {
	// Gap says what is missing before the messages; nil: nothing.
	Gap *messagingv1.Gap
	// Messages are in ascending sequence.
	Messages []*messagingv1.Message
	// Cursor is the place after the batch. It is never nil.
	Cursor *messagingv1.Cursor
	// LastSequence is the topic's last one when the server sent the batch: how
	// far there is to go.
	LastSequence uint64
}

// place is a cursor that costs nothing until somebody asks for it.
type place struct {
	epoch    string
	sequence uint64
}

func (p place) cursor() *messagingv1.Cursor {
	return &messagingv1.Cursor{Epoch: p.epoch, Sequence: p.sequence}
}

// events calls yield with each event of a batch, and handled after each one. It
// reports whether yield wants more. before is the place that was handled last.
func (b Batch) events(before place, yield func(Event, error) bool, handled func(place)) bool {
	at := place{epoch: b.Cursor.GetEpoch(), sequence: b.Cursor.GetSequence()}
	step := func(event Event, after place) bool {
		more := yield(event, nil)
		handled(after)
		return more
	}
	if b.Gap != nil {
		after := place{epoch: at.epoch, sequence: b.Gap.GetResumedAt() - 1}
		if !step(Gap{Gap: b.Gap, after: after}, after) {
			return false
		}
		before = after
	}
	for i, message := range b.Messages {
		after := place{epoch: at.epoch, sequence: message.GetSequence()}
		if i == len(b.Messages)-1 {
			after = at // a filter may have left out what follows
		}
		if !step(Message{Message: message, after: after}, after) {
			return false
		}
	}
	if len(b.Messages) > 0 || at == before {
		return true
	}
	if before == (place{}) { // the first answer: where reading begins
		handled(at)
		return true
	}
	return step(Progress{after: at}, at)
}
