package cli_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// TestCursorFile holds that a command which keeps its place goes on there, however
// it ended, and leaves nothing out.
func TestCursorFile(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "orders")
	must(t, server, "publish", "orders", "before")
	file := filepath.Join(t.TempDir(), "orders.cursor")
	args := []string{"subscribe", "orders", "--cursor-file", file, "--stop-at-head"}
	if got := must(t, server, append(args, "--from", "end")...); got.stdout != "" || !strings.Contains(got.stderr, "--cursor-file "+file) {
		t.Errorf("from the end: %v", got)
	}
	must(t, server, "publish", "orders", "one", "two")
	if got := must(t, server, args...); !slices.Equal(got.contents(), []string{"one", "two"}) {
		t.Errorf("first run: %v", got)
	}
	if got := must(t, server, args...); got.stdout != "" {
		t.Errorf("nothing new: %v", got)
	}
	reader := follow(t, "subscribe", "orders", "--cursor-file", file, "--server", server.URL)
	must(t, server, "publish", "orders", "three")
	reader.printed(t, " three\n")
	harness.Eventually(t, "the cursor is saved", func() bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.HasSuffix(string(text), ":4\n")
	})
	if err := reader.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = reader.cmd.Wait() // killed
	must(t, server, "publish", "orders", "four")
	if got := must(t, server, args...); !slices.Equal(got.contents(), []string{"four"}) {
		t.Errorf("after a kill: %v", got)
	}
	if err := os.WriteFile(file, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := parley(t, append(args, "--server", server.URL)...); got.code != 2 || !strings.Contains(got.stderr, "cursor=EPOCH:SEQUENCE") {
		t.Errorf("a file of something else: %v", got)
	}
}

// TestClosedOutput holds that what was not printed is not passed over: the cursor
// stays before it.
func TestClosedOutput(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "orders")
	must(t, server, "publish", "orders", "one", "two")
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("missing prerequisite: /dev/full: %v", err)
	}
	defer full.Close()
	file := filepath.Join(t.TempDir(), "orders.cursor")
	args := []string{"subscribe", "orders", "--cursor-file", file, "--stop-at-head", "--server", server.URL}
	broken := exec.CommandContext(t.Context(), harness.Binary(t), args...)
	broken.Stdout, broken.Env = full, harness.Environment()
	if err := broken.Run(); err == nil || broken.ProcessState.ExitCode() != 1 {
		t.Errorf("%v", err)
	}
	if got := parley(t, args...); !slices.Equal(got.contents(), []string{"one", "two"}) {
		t.Errorf("afterwards: %v", got)
	}
}

// TestTemplate holds that a template is checked before anything is read.
func TestTemplate(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "orders")
	must(t, server, "publish", "orders", "--key", "k", "one")
	must(t, server, "subscribe", "orders", "--stop-at-head", "--template", "{{.Key}}={{.Text}}").expect(t, "template", 0, "k=one\n")
	for _, template := range []string{"{{.Txt}}", "{{.Text"} {
		if got := parley(t, "subscribe", "orders", "--template", template, "--server", server.URL); got.code != 2 || !strings.Contains(got.stderr, "--template") {
			t.Errorf("%s: %v", template, got)
		}
	}
}

// TestInterruptsWithoutReader holds that a command whose output nobody reads can be
// stopped: a second interrupt does not wait for the write.
func TestInterruptsWithoutReader(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "orders")
	must(t, server, "publish", "orders", strings.Repeat("x", 100_000), "more than a pipe takes")
	f := prepare(t, "subscribe", "orders", "--server", server.URL)
	f.cmd.Stdout = nil
	pipe, err := f.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	f.start(t)
	if _, err := io.ReadFull(pipe, make([]byte, 1)); err != nil { // it prints
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = f.cmd.Wait() // however it ends
	}()
	harness.Eventually(t, "interrupts end the command", func() bool {
		_ = f.cmd.Process.Signal(os.Interrupt) // fails once it has ended
		select {
		case <-ended:
			return true
		default:
			return false
		}
	})
}
