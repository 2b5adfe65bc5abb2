package wire

import (
	"net/http"
	"sync"
)

// directFlushes is how many flushes of a response go straight through. A unary
// gRPC call flushes once, a unary gRPC-Web call twice: handing those over to
// another goroutine would cost more than it saves.
const directFlushes = 2

// writer is the response writer of one stream. Its bytes move in two modes. At
// first all calls go straight to net/http. From the flush after directFlushes
// on, bytes are appended to pending, and whoever sets writing moves them on:
// the drain goroutine, or the handler itself, for what is too large to copy and
// when it has read all that has arrived: then no more answers follow at once.
type writer struct {
	// Fixed for the life of the request.
	next       http.ResponseWriter
	controller *http.ResponseController
	header     http.Header
	head       bool
	body       *body // nil if there is none
	stall      stallGuard
	maxPending int
	buffers    *sync.Pool

	// Used by the handler only, which has one goroutine at a time in here.
	wroteHeader bool
	direct      bool // never leave the first mode
	queued      bool // in the second mode
	flushes     int
	onWrite     func() // may be nil

	mu       sync.Mutex
	changed  sync.Cond // on mu: room in pending, or writing or draining went false
	pending  []byte    // accepted from the handler, taken by nobody yet
	dirty    bool      // bytes were written since the last flush was asked for
	flush    bool      // a flush was asked for and not begun
	writing  bool      // somebody uses next
	draining bool      // the drain goroutine lives
	err      error     // the first error; nothing is written after it
}

func newWriter(next http.ResponseWriter, r *http.Request, stream *Stream, cfg *config) *writer {
	w := &writer{
		next:       next,
		controller: &stream.controller,
		// net/http's Header must not be called while another goroutine writes.
		header:     next.Header(),
		head:       r.Method == http.MethodHead,
		body:       stream.body,
		maxPending: cfg.maxPending,
		buffers:    &cfg.buffers,
	}
	w.changed.L = &w.mu
	w.stall.init(stream, cfg.stallTimeout, w.fail)
	return w
}

// Header returns the header map of the response.
func (w *writer) Header() http.Header { return w.header }

// WriteHeader fixes status and headers. They leave with the first flush.
func (w *writer) WriteHeader(status int) {
	if status >= http.StatusOK && !w.wroteHeader {
		w.wroteHeader = true
		w.direct = w.direct || w.head || status == http.StatusNoContent || status == http.StatusNotModified ||
			len(w.header["Trailer"]) > 0 || len(w.header["Content-Length"]) > 0
	}
	w.next.WriteHeader(status)
}

// Write accepts p, or blocks until there is room for it.
func (w *writer) Write(p []byte) (int, error) {
	if !w.wroteHeader {
		w.WriteHeader(http.StatusOK)
	}
	if w.onWrite != nil {
		w.onWrite()
	}
	if w.queued {
		return w.enqueue(p)
	}
	w.dirty = w.dirty || len(p) > 0
	w.stall.begin()
	n, err := w.next.Write(p)
	w.stall.end()
	return n, w.cause(err)
}

// Flush is FlushError without the error.
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError sees to it that what was written leaves without further calls. It
// returns the error of an earlier write, if there was one.
func (w *writer) FlushError() error {
	if !w.wroteHeader {
		w.WriteHeader(http.StatusOK)
	}
	if w.direct || w.flushes < directFlushes {
		w.flushes++
		w.dirty = false
		w.stall.begin()
		err := w.controller.Flush()
		w.stall.end()
		return w.cause(err)
	}
	w.queued = true
	drained := w.body != nil && w.body.drained()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil && w.dirty {
		w.dirty = false
		w.flush = true
		if drained && !w.draining && !w.writing {
			w.move(nil)
		} else {
			w.startDrain()
		}
	}
	return w.err
}

// cause replaces an error of net/http by the reason the stream was ended for.
func (w *writer) cause(err error) error {
	if err == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.setError(err)
	return w.err
}

// EnableFullDuplex makes http.ResponseController's method of that name work.
// There is no Unwrap: nothing may overtake the pending bytes.
func (w *writer) EnableFullDuplex() error { return w.controller.EnableFullDuplex() }
