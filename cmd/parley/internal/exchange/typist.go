package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

// typedAhead is how many lines can be typed while the server is away. Reading goes
// on meanwhile: a terminal that interprets no keys has no other Ctrl-C.
const typedAhead = 256

// longestLine is the longest line, in bytes: the largest message a topic takes.
const longestLine = 3 << 20

// typist gives the lines of standard input, and where to write meanwhile. On a
// terminal, what is written stays apart from the line that is being typed.
type typist struct {
	lines    chan string
	out, err io.Writer

	done    chan struct{}
	close   func()
	problem error // of reading; set before lines is closed
}

// newTypist starts to read, in a goroutine that ends with the input, with the
// process, or with the first line after Close: a read in progress cannot be
// interrupted. interrupt is called for a Ctrl-C that arrives as a character.
func newTypist(std console.Streams, prompt string, interrupt func()) (*typist, error) {
	t := &typist{lines: make(chan string), out: std.Out, err: std.Err, done: make(chan struct{})}
	restore, atEnd := func() {}, func() {}
	var next func() (string, error)
	if console.IsTerminal(std.In) && console.IsTerminal(std.Out) {
		screen, back, err := editor(std, prompt, interrupt)
		if err != nil {
			return nil, err
		}
		t.lines = make(chan string, typedAhead)
		next, restore, t.out = screen.ReadLine, back, screen
		atEnd = func() { _, _ = io.Copy(io.Discard, keys{std.In, interrupt}) } // Ctrl-C after Ctrl-D
		if console.IsTerminal(std.Err) {
			t.err = screen
		}
	} else {
		next = scan(std.In)
	}
	t.close = sync.OnceFunc(func() { close(t.done); restore() })
	go func() {
		t.read(next)
		atEnd()
	}()
	return t, nil
}

// Close gives the terminal back. It may be called more than once.
func (t *typist) Close() { t.close() }

// rest returns how many lines are left that nobody took, and what ended the input
// too early.
func (t *typist) rest() (unsent int, problem error) {
	for {
		select {
		case _, more := <-t.lines:
			if !more {
				return unsent, t.problem
			}
			unsent++
		default:
			return unsent, nil
		}
	}
}

func (t *typist) read(next func() (string, error)) {
	defer close(t.lines)
	for {
		line, err := next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.problem = fmt.Errorf("read standard input: %w", err)
			return
		}
		if line == "" {
			continue
		}
		select {
		case t.lines <- line:
		case <-t.done:
			return
		}
	}
}

func scan(in io.Reader) func() (string, error) {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, longestLine+2) // and its end
	return func() (string, error) {
		switch {
		case scanner.Scan():
			return scanner.Text(), nil
		case errors.Is(scanner.Err(), bufio.ErrTooLong):
			return "", fmt.Errorf("a line is longer than %d bytes, the largest message", longestLine)
		case scanner.Err() != nil:
			return "", scanner.Err()
		default:
			return "", io.EOF
		}
	}
}

// editor takes the terminal over. The function it returns gives it back.
func editor(std console.Streams, prompt string, interrupt func()) (*term.Terminal, func(), error) {
	file, ok := std.In.(*os.File)
	if !ok {
		return nil, nil, fmt.Errorf("%w: standard input is no file", outcome.ErrUsage)
	}
	state, err := term.MakeRaw(int(file.Fd()))
	if err != nil {
		return nil, nil, fmt.Errorf("prepare the terminal: %w", err)
	}
	screen := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{keys{file, interrupt}, std.Out}, prompt)
	if width, height, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
		_ = screen.SetSize(width, height) // the default is 80 by 24
	}
	return screen, func() {
		_ = term.Restore(int(file.Fd()), state)
		fmt.Fprint(std.Out, "\r\x1b[K") // the prompt
	}, nil
}

// keys are those of a terminal that interprets none.
type keys struct {
	io.Reader
	interrupt func()
}

const ctrlC = 3

func (k keys) Read(p []byte) (int, error) {
	n, err := k.Reader.Read(p)
	if bytes.IndexByte(p[:n], ctrlC) >= 0 {
		k.interrupt()
	}
	return n, err
}
