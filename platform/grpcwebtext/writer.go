package grpcwebtext

import (
	"encoding/base64"
	"io"
	"net/http"
	"time"
)

// writer is the response writer of one call. Whether it encodes is known only
// when the handler has fixed the headers.
type writer struct {
	next       http.ResponseWriter
	controller *http.ResponseController
	wroteHead  bool
	encode     bool
	text       io.WriteCloser // the text begun since the last flush, or nil
}

func newWriter(next http.ResponseWriter) *writer {
	return &writer{next: next, controller: http.NewResponseController(next)}
}

// Header returns the header map of the response.
func (w *writer) Header() http.Header { return w.next.Header() }

// WriteHeader fixes status and headers, and with them whether to encode.
func (w *writer) WriteHeader(status int) {
	if status >= http.StatusOK && !w.wroteHead {
		w.wroteHead = true
		header := w.next.Header()
		if contentType, ok := replacePrefix(header.Get("Content-Type"), binaryPrefix, textPrefix); ok {
			header.Set("Content-Type", contentType)
			header.Del("Content-Length")
			w.encode = true
		}
	}
	w.next.WriteHeader(status)
}

// Write encodes p. Up to two bytes wait for the next call.
func (w *writer) Write(p []byte) (int, error) {
	w.begin()
	if !w.encode {
		return w.next.Write(p)
	}
	if w.text == nil {
		w.text = base64.NewEncoder(base64.StdEncoding, w.next)
	}
	return w.text.Write(p)
}

// Flush is FlushError without the error.
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError pads what was written, so that the client can decode all of it, and
// flushes it.
func (w *writer) FlushError() error {
	if err := w.endText(); err != nil {
		return err
	}
	return w.controller.Flush()
}

// SetReadDeadline makes http.ResponseController's method of that name work.
func (w *writer) SetReadDeadline(deadline time.Time) error {
	return w.controller.SetReadDeadline(deadline)
}

// SetWriteDeadline makes http.ResponseController's method of that name work.
func (w *writer) SetWriteDeadline(deadline time.Time) error {
	return w.controller.SetWriteDeadline(deadline)
}

// EnableFullDuplex makes http.ResponseController's method of that name work.
// There is no Unwrap: nothing may be written past the encoding.
func (w *writer) EnableFullDuplex() error { return w.controller.EnableFullDuplex() }

// finish ends the response of a handler that has returned.
func (w *writer) finish() {
	_ = w.endText() // a peer that is gone; nobody is left to tell
}

// begin sends the headers if the handler has not: a response may consist of them
// alone, and their content type has to be translated.
func (w *writer) begin() {
	if !w.wroteHead {
		w.WriteHeader(http.StatusOK)
	}
}

func (w *writer) endText() error {
	w.begin()
	if w.text == nil {
		return nil
	}
	err := w.text.Close()
	w.text = nil
	return err
}
