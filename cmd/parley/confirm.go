package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// errDeclined: the person at the terminal did not say yes.
var errDeclined = errors.New("nothing was changed")

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// mayAsk fails if a question would have nobody to answer it.
func (s streams) mayAsk(yes bool) error {
	if yes || isTerminal(s.in) {
		return nil
	}
	return fmt.Errorf("%w: this cannot be undone, and there is no terminal to ask on: add --yes", errUsage)
}

// confirm asks a question on the terminal. Anything but y or yes is no.
func (s streams) confirm(ctx context.Context, question string) error {
	fmt.Fprint(s.err, question+" [y/N] ")
	answer := make(chan string, 1)
	go func() { // a read from a terminal cannot be interrupted; the process ends instead
		line, _ := bufio.NewReader(s.in).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case given := <-answer:
		if given == "y" || given == "yes" {
			return nil
		}
		return errDeclined
	case <-ctx.Done():
		return ctx.Err()
	}
}
