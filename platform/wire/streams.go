package wire

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/parleyhq/parley/platform/drain"
)

const (
	// DefaultMaxPending is how many bytes of one stream wait for the peer
	// before writing blocks, unless WithMaxPending says otherwise.
	DefaultMaxPending = 32 << 10

	// DefaultStallTimeout is how long a peer may take nothing before its
	// stream ends, unless WithStallTimeout says otherwise.
	DefaultStallTimeout = time.Minute

	minMaxPending = 4 << 10
)

// Option changes how Streams treats its streams.
type Option func(*config)

type config struct {
	maxPending   int
	stallTimeout time.Duration
	readers      sync.Pool // of *bufio.Reader
	buffers      sync.Pool // of *[]byte
}

// WithMaxPending sets how many bytes of one stream may wait for the peer, by
// default DefaultMaxPending. Up to the same number again is on its way into the
// connection. When both are full, writing blocks until the peer takes data.
// Values below 4 KiB count as 4 KiB.
func WithMaxPending(bytes int) Option {
	return func(c *config) { c.maxPending = max(bytes, minMaxPending) }
}

// WithStallTimeout sets how long a single write into the connection may take
// before the stream ends with ErrStalled, by default DefaultStallTimeout. A
// stream ends between one and two such periods after its peer took the last
// byte. A write carries what was pending, or one larger message; a peer that is
// slow but needs less than the period for that is left alone. Zero or less
// means never.
func WithStallTimeout(period time.Duration) Option {
	return func(c *config) { c.stallTimeout = period }
}

// Streams returns a handler that calls next and makes streamed responses cheap.
//
// It changes requests whose content type is one of gRPC, gRPC-Web or Connect
// streaming. Their response writer sends what was flushed from a goroutine of
// its own, which runs only while there is something to send and has ended when
// ServeHTTP returns. The first two flushes of a response go straight through:
// that is all a unary call does, so it pays nothing. Over HTTP/2 their request
// body is read through a 32 KiB buffer as well, and a flush goes straight through
// where that is empty and nobody waits for more of it: the answers to all that has
// arrived leave together, by the goroutine that wrote them. The peer sees the same bytes,
// headers and trailers in the same order as without the middleware.
//
// The response writer supports http.Flusher and http.ResponseController, except
// for hijacking. A flush reports errors of earlier writes, not of the bytes it
// sends: an error and the end of the client show at the next Write or Flush, and
// they wake a Write that waits for room. As with net/http, only one goroutine at
// a time may write or flush. A response that announces trailers, has a content
// length or has no body is written straight through, because net/http then
// looks at the header map while it writes.
//
// Every request, changed or not, carries a Stream; see FromContext.
//
// The handler is safe for concurrent use.
func Streams(next http.Handler, options ...Option) http.Handler {
	cfg := &config{maxPending: DefaultMaxPending, stallTimeout: DefaultStallTimeout}
	for _, option := range options {
		option(cfg)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// HTTP/1.1 has no pings to hold back, and may end the connection after a write.
		if r.ProtoMajor >= 2 {
			if conn, ok := r.Context().Value(connKey{}).(*batchConn); ok {
				conn.multiplexed.Store(true)
				conn.requests.Add(1)
				defer conn.requests.Add(-1)
			}
		}
		one := &request{Stream: Stream{controller: *http.NewResponseController(w)}}
		stream := &one.Stream
		defer stream.end()
		if r.ProtoMajor == 1 {
			defer stream.linger(w)
		}
		ctx, streamed := r.Context(), isStream(r.Header.Get("Content-Type"))
		if r.ProtoMajor == 1 && ctx.Err() != nil && !drain.Cut(ctx) {
			ctx = revive(ctx, w)
		}
		if streamed && r.ProtoMajor == 1 {
			var release func()
			ctx, release = stream.keepContext(ctx)
			defer release()
		}
		one.Context = ctx
		r = r.WithContext(one)
		if r.Body != nil && r.Body != http.NoBody {
			stream.body = one.body.open(r.Body, streamed && r.ProtoMajor >= 2, &cfg.readers)
			r.Body = stream.body
		}
		if !streamed {
			next.ServeHTTP(w, r)
			return
		}
		writer := newWriter(w, r, stream, cfg)
		stream.writer = writer
		// Also after a panic: what was flushed before it belongs to the peer.
		returned := false
		defer func() { writer.finish(returned) }()
		next.ServeHTTP(writer, r)
		returned = true
	})
}

// request is the context of a request, and all that every request needs, in one
// piece of memory.
type request struct {
	context.Context //nolint:containedctx // it is one

	Stream Stream
	body   body
}

// Value implements [context.Context].
func (r *request) Value(key any) any {
	if _, ok := key.(streamKey); ok {
		return &r.Stream
	}
	return r.Context.Value(key)
}

// isStream reports whether a content type can belong to a streaming RPC. A gRPC
// content type does not tell unary calls from streams.
func isStream(contentType string) bool {
	for _, prefix := range [...]string{"application/grpc", "application/connect+"} {
		if len(contentType) >= len(prefix) && strings.EqualFold(contentType[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}
