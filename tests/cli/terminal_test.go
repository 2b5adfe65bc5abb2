package cli_test

import (
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/parleyhq/parley/tests/harness"
)

// terminal is a command whose three streams are a terminal.
type terminal struct {
	*follower
	io.Writer

	ended chan struct{} // closed once everything it has shown is in out
}

func onTerminal(t *testing.T, args ...string) terminal {
	t.Helper()
	f := &follower{cmd: exec.CommandContext(t.Context(), harness.Binary(t), args...)}
	f.cmd.Env = append(harness.Environment(), "TERM=xterm")
	f.cmd.Dir = t.TempDir()
	screen, err := pty.Start(f.cmd)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(&f.out, screen) // an error is its end
	}()
	t.Cleanup(func() {
		screen.Close()
		<-ended
		if t.Failed() {
			t.Logf("%v:\n%q", args, f.out.String())
		}
	})
	return terminal{f, screen, ended}
}

func (c terminal) types(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// exits waits for the end and returns the exit code.
func (c terminal) exits(t *testing.T) int {
	t.Helper()
	var exit *exec.ExitError
	if err := c.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	<-c.ended
	return c.cmd.ProcessState.ExitCode()
}

const ctrlC, ctrlD = "\x03", "\x04"

// TestConversationOnTerminal types into a conversation. The prompt stays below what
// comes in, and the line that is being typed survives it.
func TestConversationOnTerminal(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "lobby")
	ann := onTerminal(t, "exchange", "lobby", "--name", "ann", "--server", server.URL)
	ann.printed(t, "listening to lobby")
	ann.printed(t, "ann> ")
	ann.types(t, "hello")
	ann.printed(t, "ann> hello")
	must(t, server, "publish", "lobby", "--key", "bob", "in between")
	ann.printed(t, "bob: in between\r\n")
	ann.types(t, " world\r")
	ann.printed(t, "stored: sequence 2\r\n")
	if _, rest, _ := strings.Cut(ann.out.String(), "bob: in between"); !strings.Contains(rest, "ann> hello") {
		t.Errorf("the line is not shown again below what came in: %q", rest)
	}
	ann.types(t, ctrlD)
	if code := ann.exits(t); code != 0 || !strings.Contains(ann.out.String(), "to go on from here: parley exchange lobby --name ann") {
		t.Errorf("exit code %d", code)
	}
	got := must(t, server, "subscribe", "lobby", "--stop-at-head", "--key", "ann")
	if !strings.HasSuffix(got.stdout, " [ann] hello world\n") {
		t.Errorf("stored: %q", got.stdout)
	}
	bob := onTerminal(t, "exchange", "lobby", "--name", "bob", "--server", server.URL)
	bob.printed(t, "bob> ")
	bob.types(t, "never sent"+ctrlC)
	if code := bob.exits(t); code != 130 {
		t.Errorf("Ctrl-C: exit code %d, want 130", code)
	}
}

// TestBenchOnTerminal holds that a line shows how it goes, and is gone at the end.
func TestBenchOnTerminal(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	f := onTerminal(t, "bench", "unary", "--duration", "1s", "--warm-up", "0s", "--server", server.URL)
	f.printed(t, "messages/s, p99 ")
	if code := f.exits(t); code != 0 || !strings.Contains(f.out.String(), "\r\x1b[K"+server.URL) {
		t.Errorf("exit code %d", code)
	}
}

// TestConversationWithoutServer types while the server is away. Ctrl-C ends the
// conversation all the same, and after Ctrl-D too, which waits for receipts.
func TestConversationWithoutServer(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string]string{"Ctrl-C": ctrlC, "Ctrl-C after Ctrl-D": ctrlD + ctrlC} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := harness.Start(t)
			must(t, server, "topic", "create", "lobby")
			ann := onTerminal(t, "exchange", "lobby", "--name", "ann", "--server", server.URL)
			ann.printed(t, "listening to lobby")
			server.Kill(t)
			ann.printed(t, "as soon as possible")
			ann.types(t, "one\rtwo\rthree\r")
			ann.printed(t, "three\r\nann> ")
			ann.types(t, keys)
			if code := ann.exits(t); code != 130 || !strings.Contains(ann.out.String(), "parley: 3 lines not sent") {
				t.Errorf("exit code %d", code)
			}
		})
	}
}
