package harness

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"testing"
)

// Binary returns the path of the parley binary built from this checkout.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatalf("build parley: %v", err)
	}
	return path
}

// Root returns the folder of the checkout.
func Root(t testing.TB) string {
	t.Helper()
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// binary remembers its result: asking the go command whether the binary is
// current takes longer than most tests.
var binary = sync.OnceValues(func() (string, error) { return Build("cmd/parley", "parley") })

// ReleaseBinary is [Binary] without the race detector, as users run it: for tests
// that count what the server spends.
func ReleaseBinary(t testing.TB) string {
	t.Helper()
	path, err := build("cmd/parley", "parley")
	if err != nil {
		t.Fatalf("build parley: %v", err)
	}
	return path
}

// Build compiles the command in a folder of the checkout, with the race detector
// when the test has it, and returns the path of the binary: in the ignored .bin
// folder, where the go command leaves a binary alone that is current. Test
// packages run at once: the lock makes the first one build and the others wait.
func Build(folder, name string) (string, error) {
	if RaceEnabled() {
		return build(folder, name+"-race", "-race")
	}
	return build(folder, name)
}

func build(folder, name string, flags ...string) (string, error) {
	root, err := findRoot()
	if err != nil {
		return "", err
	}
	out := filepath.Join(root, ".bin", "test", name)
	if err := os.MkdirAll(filepath.Dir(out), 0o750); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(out+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	cmd := exec.Command("go", append(append([]string{"build", "-o", out}, flags...), ".")...)
	cmd.Dir = filepath.Join(root, filepath.FromSlash(folder))
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, output)
	}
	return out, nil
}

var errNoRoot = errors.New("no folder above the test has cmd/parley/go.mod")

func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "cmd", "parley", "go.mod")); err == nil {
			return dir, nil
		}
	}
	return "", errNoRoot
}

// RaceEnabled reports whether the test itself was built with -race.
func RaceEnabled() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, setting := range info.Settings {
		if setting.Key == "-race" {
			return setting.Value == "true"
		}
	}
	return false
}
