package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

// checkText refuses arguments that are not UTF-8: Kong would replace the bytes that
// are not, and another message, key or file would be meant than was given.
func checkText(args []string) error {
	for _, arg := range args {
		if !utf8.ValidString(arg) {
			return fmt.Errorf("%w: %q is not UTF-8, as arguments must be; parley publish takes any bytes from --file or a pipe", outcome.ErrUsage, arg)
		}
	}
	return nil
}

func usageError(parser *kong.Kong, args []string, err error) int {
	parser.Errorf("%s", err)
	if parseErr, ok := errors.AsType[*kong.ParseError](err); ok {
		command := parser.Model.Name
		if selected := parseErr.Context.Selected(); selected != nil {
			command = selected.FullPath() // without its arguments: the line can be pasted
		} else if flag := misplaced(parser.Model, args); flag != "" {
			parser.Errorf("put %s after the command", flag)
		}
		parser.Errorf("see: %s --help", command)
	}
	return outcome.Usage
}

// misplaced returns the first argument if it is a flag that only commands have.
func misplaced(model *kong.Application, args []string) string {
	if len(args) == 0 || !strings.HasPrefix(args[0], "--") {
		return ""
	}
	given, _, _ := strings.Cut(args[0], "=")
	for _, command := range model.Leaves(true) {
		for _, flag := range command.Flags {
			if "--"+flag.Name == given {
				return given
			}
		}
	}
	return ""
}
