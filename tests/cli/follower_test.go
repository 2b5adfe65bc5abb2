package cli_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// follower is a `parley` command that runs beside the test.
type follower struct {
	cmd         *exec.Cmd
	out, errOut buffer
}

func follow(t *testing.T, args ...string) *follower {
	t.Helper()
	f := prepare(t, args...)
	f.start(t)
	return f
}

// prepare returns a command that does not run yet.
func prepare(t *testing.T, args ...string) *follower {
	t.Helper()
	f := &follower{cmd: exec.CommandContext(t.Context(), harness.Binary(t), args...)}
	f.cmd.Stdout, f.cmd.Stderr, f.cmd.Env, f.cmd.Dir = &f.out, &f.errOut, harness.Environment(), t.TempDir()
	return f
}

func (f *follower) start(t *testing.T) {
	t.Helper()
	if err := f.cmd.Start(); err != nil {
		t.Fatalf("start parley: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%v:\n%s%s", f.cmd.Args, f.out.String(), f.errOut.String())
		}
	})
}

// printed waits until the command has printed a text.
func (f *follower) printed(t *testing.T, text string) {
	t.Helper()
	harness.Eventually(t, "the command prints "+text, func() bool { return strings.Contains(f.out.String(), text) })
}

// said waits until the command has reported a text on standard error.
func (f *follower) said(t *testing.T, text string) {
	t.Helper()
	harness.Eventually(t, "the command says "+text, func() bool { return strings.Contains(f.errOut.String(), text) })
}

// interrupt is Ctrl-C. It returns how the command ended.
func (f *follower) interrupt(t *testing.T) result {
	t.Helper()
	if err := f.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	return f.wait(t)
}

// wait returns how the command ended.
func (f *follower) wait(t *testing.T) result {
	t.Helper()
	var exit *exec.ExitError
	if err := f.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{f.out.String(), f.errOut.String(), f.cmd.ProcessState.ExitCode(), f.cmd.Dir}
}

// contents returns the last word of each line: what was published.
func (r result) contents() []string {
	var words []string
	for line := range strings.Lines(r.stdout) {
		fields := strings.Fields(line)
		words = append(words, fields[len(fields)-1])
	}
	return words
}

// buffer is a bytes.Buffer that a process fills while the test looks.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
