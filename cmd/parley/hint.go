package main

import (
	"fmt"
	"os"
	"strings"
)

// hintedError is an error of a call with what to do about it, in place of the
// general advice of package client.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// withHint adds what to do about err, in whole sentences. Without an error there
// is nothing to do.
func withHint(err error, hint string) error {
	if err == nil {
		return nil
	}
	return &hintedError{error: err, hint: hint}
}

// consequence is an error with what came of it. It is told after the cause.
type consequence struct {
	error
	text string
}

func (e *consequence) Unwrap() error { return e.error }

// conclude tells what came of a command, if anything did: at once where it went
// well, otherwise after err, which it returns.
func (s streams) conclude(err error, text string) error {
	switch {
	case text == "":
		return err
	case err == nil:
		fmt.Fprintln(s.err, "parley: "+text)
		return nil
	default:
		return &consequence{error: err, text: text}
	}
}

// command is how the reader can call this program again.
func command() string {
	if path, err := os.Executable(); err == nil && strings.Contains(path, "go-build") {
		return "go run ./cmd/parley"
	}
	return "parley"
}

// commandLine returns a line to paste into a shell that calls this program.
func commandLine(words ...string) string {
	line := []string{command()}
	for _, word := range words {
		line = append(line, shellWord(word))
	}
	return strings.Join(line, " ")
}

// shellWord quotes a word of which a shell would make something else.
func shellWord(word string) string {
	special := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune("-_./:=,@+", r)
	}
	if word != "" && !strings.ContainsFunc(word, special) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
