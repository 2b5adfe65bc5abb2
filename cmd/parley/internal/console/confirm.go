package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

// errDeclined: the person at the terminal did not say yes.
var errDeclined = errors.New("nothing was changed")

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// MayAsk fails if a question would have nobody to answer it.
func (s Streams) MayAsk(yes bool) error {
	if yes || IsTerminal(s.In) {
		return nil
	}
	return fmt.Errorf("%w: this cannot be undone, and there is no terminal to ask on: add --yes", outcome.ErrUsage)
}

// Confirm asks a question on the terminal. Anything but y or yes is no.
func (s Streams) Confirm(ctx context.Context, question string) error {
	fmt.Fprint(s.Err, question+" [y/N] ")
	answer := make(chan string, 1)
	go func() { // a read from a terminal cannot be interrupted; the process ends instead
		line, _ := bufio.NewReader(s.In).ReadString('\n')
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
