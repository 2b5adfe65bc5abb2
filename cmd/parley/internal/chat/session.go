package chat

import (
	"context"
	"crypto/rand"
	"errors"

	"golang.org/x/sync/semaphore"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
)

// maxUnconfirmed is how many lines may be without a receipt. Then no further line
// is taken: a faster writer waits.
const maxUnconfirmed = 256

var (
	// ErrSilent: the server has sent nothing for twice the heartbeat interval.
	ErrSilent = errors.New("the server has fallen silent")
	// ErrEnded: the server has ended the stream although nobody asked for it.
	ErrEnded = errors.New("the server has ended the stream")
)

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

	cursor  *messagingv1.Cursor // after what was delivered; nil before the first delivery
	broken  bool                // a stream broke, and none has delivered since
	refused int
}

// New returns a conversation.
func New(config Config) *Session {
	return &Session{config: config, prefix: rand.Text() + "/", outbox: outbox{room: semaphore.NewWeighted(maxUnconfirmed)}}
}

// Cursor is the place after what was delivered, nil if nothing was.
func (s *Session) Cursor() *messagingv1.Cursor { return s.cursor }

// Unconfirmed is how many lines were sent, or taken to be sent, and have no
// receipt. They may be stored.
func (s *Session) Unconfirmed() int { return len(s.outbox.unconfirmed()) }

// Refused is how many lines were not stored.
func (s *Session) Refused() int { return s.refused }

// Run talks until the lines end and all have their receipts, ctx ends, or an error
// comes that another try would only repeat. A first stream that delivers nothing is
// not tried again: most likely the address is wrong.
func (s *Session) Run(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		before := s.cursor
		err := s.stream(ctx)
		if err == nil || ctx.Err() != nil || s.cursor == nil || !resumable(err) {
			return err
		}
		if s.cursor != before {
			attempt = 0
		}
		if !s.broken {
			s.broken = true
			s.config.Listener.Broken(err, s.cursor.GetSequence())
		}
		if err := pause(ctx, attempt, err); err != nil {
			return err
		}
	}
}
