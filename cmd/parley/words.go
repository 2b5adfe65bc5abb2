package main

import (
	"fmt"
	"strings"

	"github.com/parleyhq/parley/platform/client"
)

// wordedError is an error about a field of a request, in the words of the command
// line: the server knows the names of the contract and its rules.
type wordedError struct {
	error
	field client.FieldViolation
	text  string
}

func (e *wordedError) Unwrap() error { return e.error }

// inWords puts the first field into words that has any.
func inWords(err error, topic string) error {
	for _, field := range client.Explain(err).Fields {
		if text := words(field, topic); text != "" {
			return &wordedError{error: err, field: field, text: text}
		}
	}
	return err
}

func words(field client.FieldViolation, topic string) string {
	switch field.Field {
	case "topic", "name", "topic.name":
		return fmt.Sprintf("%q cannot be the name of a topic: use 1 to 128 small letters, digits, '.', '_' and '-', with a letter or a digit first", topic)
	}
	if label, ok := strings.CutPrefix(field.Field, "topic."+fieldPaths["label"]); ok {
		return fmt.Sprintf("--label %s is refused: a name has 1 to 63 small letters, digits, '.', '_', '/' and '-', with a letter or a digit first; a value has at most 256 bytes; a topic has at most 64 labels",
			strings.Trim(label, "[]"))
	}
	for flag, path := range fieldPaths {
		if field.Field == "topic."+path {
			return fmt.Sprintf("--%s: %s", flag, field.Description)
		}
	}
	return ""
}
