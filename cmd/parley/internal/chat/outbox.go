package chat

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// line is one line on its way.
type line struct {
	number uint64 // from 1; its correlation id on every stream
	text   string
}

// outbox holds the lines without a receipt, in their order. Each has a part of
// room. The sender adds, the receiver removes.
type outbox struct {
	room *semaphore.Weighted

	mu    sync.Mutex
	last  uint64
	lines []line
}

// add takes over a part of room for a new line.
func (o *outbox) add(text string) line {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last++
	l := line{number: o.last, text: text}
	o.lines = append(o.lines, l)
	return l
}

// settle removes a line and reports whether it was there.
func (o *outbox) settle(number uint64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	at := slices.IndexFunc(o.lines, func(l line) bool { return l.number == number })
	if at < 0 {
		return false
	}
	o.lines = slices.Delete(o.lines, at, at+1)
	o.room.Release(1)
	return true
}

func (o *outbox) unconfirmed() []line {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.lines)
}

// id names the message of a line for the server.
func (s *Session) id(number uint64) string { return s.prefix + strconv.FormatUint(number, 10) }

// own returns the number of the line a message is, if it is of this session.
func (s *Session) own(message *messagingv1.Message) (uint64, bool) {
	text, ours := strings.CutPrefix(message.GetId(), s.prefix)
	number, err := strconv.ParseUint(text, 10, 64)
	return number, ours && err == nil
}
