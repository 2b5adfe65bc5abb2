package wire

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// ErrStreamEnded is returned by the methods of a Stream whose request is over.
var ErrStreamEnded = errors.New("request is over")

type streamKey struct{}

// Stream controls a request that is being served: it lets code that only has
// the context of a call, such as an interceptor, reach the transport. It may be
// kept and used at any time, by any goroutine.
type Stream struct {
	controller *http.ResponseController
	body       *body
	writer     *writer // nil unless the response is streamed

	// The controller must not be used after the request, and net/http panics
	// if it is. The lock keeps the request from ending meanwhile.
	mu   sync.Mutex
	over bool
}

// FromContext returns the Stream of the request that ctx belongs to. It reports
// false where the request did not come through Streams.
func FromContext(ctx context.Context) (*Stream, bool) {
	stream, ok := ctx.Value(streamKey{}).(*Stream)
	return stream, ok
}

// SetReadDeadline makes reads of the request body fail after the deadline, with
// an error that is os.ErrDeadlineExceeded. Bytes that have arrived are still
// delivered first. A deadline in the past takes effect at once and wakes a
// handler that is blocked receiving; the response is not affected. The zero
// time means no deadline. It does nothing once the body has been read to its
// end, and returns ErrStreamEnded once the request is over.
func (s *Stream) SetReadDeadline(deadline time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return ErrStreamEnded
	}
	// On HTTP/1.1 the deadline is the connection's, and after the body net/http
	// reads on to notice a client that leaves: it would take the deadline for that.
	if s.body == nil || s.body.atEnd() {
		return nil
	}
	return s.controller.SetReadDeadline(deadline)
}

// EndReading ends the reading side of the request that ctx belongs to. A handler
// blocked receiving sees neither its context nor anything else that happens on
// the server, so this is how to wake it: receiving fails with an error that is
// os.ErrDeadlineExceeded, after what had arrived by then. The response is not
// affected. It does nothing where the request is over, has been read to its end,
// or did not come through Streams.
func EndReading(ctx context.Context) {
	if request, ok := FromContext(ctx); ok {
		_ = request.SetReadDeadline(time.Now()) // fails only on a dead connection
	}
}

// WriteDirectly makes every flush of the response to the request that ctx belongs
// to go straight through: writing blocks until net/http has taken the bytes. It is
// for a handler whose next message carries everything that came meanwhile. That
// coalesces as well as what waits here, and nothing waits here for a client that
// has stopped reading. It must be called before the first write, by the goroutine
// that writes. It does nothing where the request did not come through Streams.
func WriteDirectly(ctx context.Context) {
	if request, ok := FromContext(ctx); ok && request.writer != nil {
		request.writer.direct = true
	}
}

// SetWriteDeadline makes writes of the response fail after the deadline. The
// zero time means no deadline. A deadline in the past ends the stream at once.
// It returns ErrStreamEnded once the request is over.
func (s *Stream) SetWriteDeadline(deadline time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return ErrStreamEnded
	}
	return s.controller.SetWriteDeadline(deadline)
}

func (s *Stream) end() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	if s.body != nil {
		s.body.release()
	}
}
