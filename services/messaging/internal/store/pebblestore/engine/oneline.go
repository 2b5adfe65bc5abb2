package engine

import "strings"

// OneLine gives an error a text without line breaks: joined errors and the
// engine's have some, and an operator greps for one line.
func OneLine(err error) error {
	if err == nil || !strings.Contains(err.Error(), "\n") {
		return err
	}
	return singleLineError{err}
}

type singleLineError struct{ error }

// Error implements error.
func (e singleLineError) Error() string { return strings.ReplaceAll(e.error.Error(), "\n", "; ") }

// Unwrap makes errors.Is and errors.As see through.
func (e singleLineError) Unwrap() error { return e.error }
