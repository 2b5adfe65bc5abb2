package node_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parleyhq/parley/tests/harness"
)

// builds says of each folder whether its build has gone well. A build empties its
// output, so it runs once, before the first test that needs it.
var builds sync.Map

type build struct {
	once sync.Once
	done bool
}

// project installs what the lock file of a folder pins, unless that is there
// already, and runs its build, once.
func project(t *testing.T, elements ...string) (dir string) {
	t.Helper()
	dir = filepath.Join(append([]string{harness.Root(t)}, elements...)...)
	entry, _ := builds.LoadOrStore(dir, new(build))
	b := entry.(*build)
	b.once.Do(func() {
		install(t, dir)
		b.done = true
	})
	if !b.done {
		t.Fatalf("%s is not built: see the test that tried", dir)
	}
	return dir
}

func install(t *testing.T, dir string) {
	t.Helper()
	npm := harness.Tool(t, "npm")
	lock, err := os.Open(dir) // one installs, other test processes wait
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatalf("lock %s: %v", dir, err)
	}
	if !installed(t, dir) {
		run(t, dir, npm, "ci", "--no-audit", "--no-fund")
		stamp := filepath.Join(dir, "node_modules", ".parley-lock")
		if err := os.WriteFile(stamp, lockFile(t, dir), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, npm, "run", "build")
}

// installed reports whether node_modules is what the lock file asks for: npm
// leaves no trace that could be compared, so the copy of the lock file does.
func installed(t *testing.T, dir string) bool {
	t.Helper()
	stamp, err := os.ReadFile(filepath.Join(dir, "node_modules", ".parley-lock"))
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(stamp, lockFile(t, dir))
}

func lockFile(t *testing.T, dir string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// run runs a command. It fails the test with the output if the command fails.
func run(t *testing.T, dir, name string, arguments ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, arguments...)
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, arguments, err, output)
	}
}

const (
	testLimit = "300000" // for the tests of a file, in milliseconds
	fileLimit = 6 * time.Minute
)

var passed = regexp.MustCompile(`(?m)^# pass [1-9]`)

// runTests runs one built test file with what it needs to know in its
// environment. A file without tests fails.
func runTests(t *testing.T, dir, file string, environment ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fileLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, harness.Tool(t, "node"), "--test", "--test-reporter=tap",
		"--test-timeout="+testLimit, "--test-force-exit", file)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second // for what a browser that outlives node keeps open
	cmd.Env = append(harness.Environment(), environment...)
	output, err := cmd.CombinedOutput()
	if err != nil || !passed.Match(output) {
		t.Errorf("%s: %v\n%s", file, err, output)
	}
}
