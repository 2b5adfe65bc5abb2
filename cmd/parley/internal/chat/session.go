package chat

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"golang.org/x/sync/semaphore"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/retry"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// maxUnconfirmed is how many lines may be without a receipt. Then no further line
// is taken: a faster writer waits.
const maxUnconfirmed = 256

// Config says what to talk about, and as whom.
type Config struct {
	Client messagingv1connect.MessageServiceClient
	// Topic is the topic's name.
	Topic string
	// Start is where listening begins; nil is the oldest message stored.
	Start *messagingv1.Start
	// Name is the key of every message sent; may be empty.
	Name string
	// Lines are what to say, until it is closed.
	Lines <-chan string
	// KeepListening goes on after the last line. Otherwise the conversation ends
	// once every line has its receipt.
	KeepListening bool
	// Listener hears what happens.
	Listener Listener
}

// Listener hears what happens in a conversation. Its methods are called one at a
// time; a nil error from those that can fail lets the conversation go on.
type Listener interface {
	// Response is every response that delivers or settles something, before what
	// is made of it.
	Response(response *messagingv1.ExchangeResponse) error
	// Joined: the first stream listens; the topic's last sequence is this one.
	Joined(sequence uint64)
	// Message is a message of somebody else, or of an earlier conversation.
	Message(message *messagingv1.Message) error
	// Gap stands before messages that cannot be delivered.
	Gap(gap *messagingv1.Gap)
	// Stored: a line, counted from 1, is durable.
	Stored(line, sequence uint64)
	// Refused: a line is not stored, and is not sent again.
	Refused(line uint64, err error)
	// Postponed: a line is not stored now, nor those after it. They are sent again
	// until they are. It is called once, and once more after a line was stored.
	Postponed(line uint64, err error)
	// Broken: a stream has ended; another one is tried after this sequence.
	Broken(err error, sequence uint64)
	// Resumed: the conversation goes on.
	Resumed()
}

// Session is one conversation. It is used once.
type Session struct {
	config Config
	prefix string // of the ids of its messages
	outbox outbox

	finished bool // set by the sender: the lines have ended and are confirmed

	cursor    *messagingv1.Cursor // after what was delivered; nil before the first delivery
	broken    bool                // a stream broke, and none has delivered since
	postponed bool                // a line was postponed, and none stored since
	open      bool                // lines without a receipt may be stored
	refused   int
}

// New returns a conversation.
func New(config Config) *Session {
	return &Session{config: config, prefix: rand.Text() + "/", outbox: outbox{room: semaphore.NewWeighted(maxUnconfirmed)}}
}

// Cursor is the place after what was delivered, nil if nothing was.
func (s *Session) Cursor() *messagingv1.Cursor { return s.cursor }

// Unconfirmed is how many lines were sent, or taken to be sent, and have no
// receipt, and whether they may be stored.
func (s *Session) Unconfirmed() (lines int, open bool) {
	return len(s.outbox.unconfirmed()), s.open
}

// Refused is how many lines were not stored.
func (s *Session) Refused() int { return s.refused }

// Run talks until the lines end and all have their receipts, ctx ends, or an error
// comes that another try would only repeat. A first stream that delivers nothing is
// not tried again: most likely the address is wrong.
func (s *Session) Run(ctx context.Context) error {
	for tries := 0; ; tries++ {
		before, began := s.cursor, time.Now()
		err := s.stream(ctx)
		switch {
		case err == nil, ctx.Err() != nil, s.cursor == nil:
			return err
		case errors.Is(err, errStopped):
			tries = -1 // go on at once: there is a line less
			continue
		case !retry.Transient(err, s.cursor != before):
			return err
		case s.cursor.GetSequence() != before.GetSequence(), time.Since(began) > retry.DefaultMax:
			tries = 0
		}
		s.interrupt(err)
		if err := retry.Wait(ctx, retry.Backoff{}.Delay(tries, err)); err != nil {
			return err
		}
	}
}

func (s *Session) interrupt(err error) {
	late, isLate := errors.AsType[*lateError](err)
	if rpcerror.ReasonOf(err) == errorv1.Reason_REASON_LOW_DISK_SPACE {
		s.open = false
	}
	switch {
	case isLate && !s.postponed:
		s.postponed = true
		s.config.Listener.Postponed(late.line, late.error)
	case !isLate && !s.broken:
		s.broken = true
		s.config.Listener.Broken(err, s.cursor.GetSequence())
	}
}
