package grpcwebtext

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"

	"connectrpc.com/connect/v2"
)

// ErrNotBase64 is wrapped by the errors of reading a request body that is not a
// sequence of padded base64 texts.
var ErrNotBase64 = errors.New("not base64")

const (
	quantum = 4 // characters that stand for up to three bytes
	block   = 1024 * quantum
)

// reader decodes a request body as it arrives. A read returns what the
// characters that have come stand for, and waits only while there is nothing.
type reader struct {
	source io.ReadCloser
	text   [block]byte // undecoded characters, fewer than a quantum between reads
	length int         // of text
	bytes  [block / quantum * 3]byte
	ready  []byte // part of bytes that nobody has read yet
	err    error  // what follows after ready
}

func newReader(source io.ReadCloser) *reader { return &reader{source: source} }

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.ready) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.fill()
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

// Close closes the body that is being decoded. It may be called during a Read.
func (r *reader) Close() error { return r.source.Close() }

// fill reads once and decodes all whole quanta there are then.
func (r *reader) fill() {
	n, readErr := r.source.Read(r.text[r.length:])
	r.length += n
	whole := r.length - r.length%quantum
	decoded, err := decode(r.bytes[:], r.text[:whole])
	r.ready = r.bytes[:decoded]
	r.length = copy(r.text[:], r.text[whole:r.length])
	switch {
	case err != nil:
		r.err = invalid("the request body is not base64")
	case errors.Is(readErr, io.EOF) && r.length > 0:
		r.err = invalid("the request body ends within a base64 quantum: it is cut short or lacks its padding")
	default:
		r.err = readErr
	}
}

// decode decodes whole quanta, in which padding may stand anywhere, and returns
// the number of bytes. On an error they are those before the fault.
func decode(dst, src []byte) (int, error) {
	total := 0
	for len(src) > 0 {
		end := len(src)
		if padding := bytes.IndexByte(src, '='); padding >= 0 {
			end = padding - padding%quantum + quantum
		}
		text := src[:end]
		n, err := base64.StdEncoding.Decode(dst[total:], text)
		total += n
		if err != nil {
			return total, err
		}
		// The decoder skips line ends. Which ones would depend on how the body
		// was cut into reads, so none are taken.
		if n != len(text)/quantum*3-bytes.Count(text, []byte("=")) {
			return total, ErrNotBase64
		}
		src = src[end:]
	}
	return total, nil
}

func invalid(text string) error {
	return connect.NewError(connect.CodeInvalidArgument, text).WithCause(ErrNotBase64)
}
