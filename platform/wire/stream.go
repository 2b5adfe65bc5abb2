package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect/v2"
)

// ErrStreamEnded is returned by the methods of a Stream whose request is over.
var ErrStreamEnded = errors.New("request is over")

type streamKey struct{}

// Stream controls a request that is being served: it lets code that only has
// the context of a call, such as an interceptor, reach the transport. It may be
// kept and used at any time, by any goroutine.
type Stream struct {
	controller http.ResponseController
	body       *body
	writer     *writer // nil unless the response is streamed

	// The controller must not be used after the request, and net/http panics
	// if it is. The lock keeps the request from ending meanwhile.
	mu   sync.Mutex
	over bool

	readingEnded atomic.Bool // by EndReading
}

// FromContext returns the Stream of the request that ctx belongs to. It reports
// false where the request did not come through Streams, and in a call in process,
// whose context may be that of a request which another handler serves.
func FromContext(ctx context.Context) (*Stream, bool) {
	if call, ok := connect.CallInfoForServerContext(ctx); ok && call.Protocol == "" {
		return nil, false
	}
	stream, ok := ctx.Value(streamKey{}).(*Stream)
	return stream, ok
}

// EndReading makes reads of the request body fail with an error that is
// os.ErrDeadlineExceeded. Bytes that have arrived are still delivered first. It
// wakes a handler that is blocked receiving; neither the response nor the context of
// a streamed request is affected. Over HTTP/1.1 nobody notices any more that the
// client leaves, until a write fails. It does nothing once the body has been read to
// its end, and returns ErrStreamEnded once the request is over.
func (s *Stream) EndReading() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return ErrStreamEnded
	}
	if s.body == nil || s.body.atEnd() {
		return nil
	}
	s.readingEnded.Store(true) // before net/http can fail for it
	return s.controller.SetReadDeadline(time.Now())
}

// keepContext returns a context that ends when ctx, net/http's of an HTTP/1.1
// request, does, unless that is because of EndReading: a deadline is the
// connection's there, and net/http takes any read that fails, also one of its own
// after the body, for a client that has left.
func (s *Stream) keepContext(ctx context.Context) (kept context.Context, release func()) {
	kept, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if !s.readingEnded.Load() {
			cancel(context.Cause(ctx))
		}
	})
	return kept, func() {
		stop()
		cancel(nil)
	}
}

// revive returns a context for an HTTP/1.1 request that begins with one that has
// ended, and ends the connection after it. Contexts there are the connection's, and end
// for good when EndReading meets the end of the call before. The client may have left
// as well; then it is noticed when writing fails.
func revive(ctx context.Context, w http.ResponseWriter) context.Context {
	w.Header().Set("Connection", "close")
	return context.WithoutCancel(ctx)
}

// linger makes net/http keep the connection of an HTTP/1.1 request whose reading was
// ended for half a second after the answer. The client may be sending still, and what
// it sends to a closed connection resets it: then clients report that their writing
// failed instead of the answer, or never get the answer. net/http knows that of
// requests that are too large, and of those of which it can read more after the
// handler, but not here: reading has failed for good. So this says, in the one way there
// is, that the request is too large.
func (s *Stream) linger(w http.ResponseWriter) {
	if s.readingEnded.Load() && !s.body.complete.Load() {
		_, _ = http.MaxBytesReader(w, io.NopCloser(strings.NewReader("x")), 0).Read(make([]byte, 1))
	}
}

// EndReading ends the reading side of the request that ctx belongs to. A handler
// blocked receiving sees neither its context nor anything else that happens on
// the server, so this is how to wake it: receiving fails with an error that is
// os.ErrDeadlineExceeded, after what had arrived by then. The response is not
// affected. It does nothing where the request is over, has been read to its end,
// or did not come through Streams.
func EndReading(ctx context.Context) {
	if request, ok := FromContext(ctx); ok {
		_ = request.EndReading() // fails only on a dead connection
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

// OnWrite has f called before every write to the response to the request that ctx
// belongs to. The messages that are written have been encoded by then, and while the
// write waits for a slow client there is no need to keep them. It must be called before
// the first write, by the goroutine that writes, which calls f too. It does nothing
// where the request did not come through Streams or its response is not streamed.
func OnWrite(ctx context.Context, f func()) {
	if request, ok := FromContext(ctx); ok && request.writer != nil {
		request.writer.onWrite = f
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
