package codec

import (
	"fmt"
	"strings"
)

// What a caller sent is not sent back whole: errors travel in headers and trailers.
const (
	maxName  = 128 // bytes of a name that a path has
	maxCause = 512 // bytes of a decoder's text
)

// UnknownFieldError reports a request with a field its schema does not have.
type UnknownFieldError struct {
	// Path leads to the field as BadRequest writes it, for example
	// `messages[2].txt`. In binary encodings, which carry no names, the last
	// element is the field's number. Of a long name it has the beginning.
	Path string
	// Message is the full name of the message type that lacks the field.
	Message string
}

// Error implements error. The text is safe to show to the caller.
func (e *UnknownFieldError) Error() string {
	return fmt.Sprintf("unknown field %q: %s has no such field", e.Path, e.Message)
}

// MalformedError reports bytes that are no encoding of the message expected.
type MalformedError struct {
	// Message is the full name of the message type expected.
	Message string
	// Encoding is the name of the codec, "proto" or "json".
	Encoding string
	// Cause is the decoder's own error. It may be as long as what was sent.
	Cause error
}

// Error implements error. The text is safe to show to the caller: it describes
// only what the caller sent. It has at most the first 512 bytes of the decoder's text.
func (e *MalformedError) Error() string {
	return fmt.Sprintf("not a valid %s encoding of %s: %v", e.Encoding, e.Message, clip(e.Cause.Error(), maxCause))
}

// Unwrap returns the decoder's error.
func (e *MalformedError) Unwrap() error { return e.Cause }

// clip returns the beginning of a long text, in memory of its own.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
