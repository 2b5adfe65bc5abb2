package outcome

import (
	"fmt"
	"io"

	"github.com/parleyhq/parley/platform/client"
)

// hintedError is an error of a call with what to do about it, in place of the
// general advice of package client.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// WithHint adds what to do about err, in whole sentences. Without an error there
// is nothing to do.
func WithHint(err error, hint string) error {
	if err == nil {
		return nil
	}
	return &hintedError{error: err, hint: hint}
}

// causeError is what an error of a call came from. It says more than that.
type causeError struct{ error }

// Cause marks an error that makes a call fail before it is sent. It is told in place
// of the error of the call that wraps it.
func Cause(err error) error { return causeError{err} }

// wordedError is an error about a field of a request, in the words of the command
// line: the server knows the names of the contract and its rules.
type wordedError struct {
	error
	field client.FieldViolation
	text  string
}

func (e *wordedError) Unwrap() error { return e.error }

// InWords puts the first field of a request that err is about, and for which words
// has any, into these. words returns "" for fields that it does not know.
func InWords(err error, words func(client.FieldViolation) string) error {
	for _, field := range client.Explain(err).Fields {
		if text := words(field); text != "" {
			return &wordedError{error: err, field: field, text: text}
		}
	}
	return err
}

// consequence is an error with what came of it. It is told after the cause.
type consequence struct {
	error
	text string
}

func (e *consequence) Unwrap() error { return e.error }

// Conclude tells what came of a command, if anything did: at once on out where it
// went well, otherwise after err, which it returns.
func Conclude(out io.Writer, err error, text string) error {
	switch {
	case text == "":
		return err
	case err == nil:
		fmt.Fprintln(out, "parley: "+text)
		return nil
	default:
		return &consequence{error: err, text: text}
	}
}
