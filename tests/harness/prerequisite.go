package harness

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const (
	strictEnv = "PARLEY_TEST_STRICT" // run everything, fail where something is missing
	slowEnv   = "PARLEY_TEST_SLOW"   // run the slow tests too
)

// Tool returns the path of a program the test needs, from the checkout's .bin,
// its tools or PATH. Without it the test is skipped by name, or fails in strict
// mode.
func Tool(t testing.TB, name string) string {
	t.Helper()
	root := Root(t)
	for _, dir := range []string{filepath.Join(root, ".bin"), filepath.Join(root, "tools", "node_modules", ".bin")} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv(strictEnv) == "1" {
		t.Fatalf("missing prerequisite: %s is neither in .bin, in tools/node_modules/.bin nor on PATH", name)
	}
	t.Skipf("missing prerequisite: %s", name)
	return ""
}

// Slow skips a test that takes long, unless the environment asks for it.
func Slow(t testing.TB) {
	t.Helper()
	if !IsSlow() {
		t.Skipf("slow test: set %s=1 to run it", slowEnv)
	}
}

// IsSlow reports whether the environment asks for tests that take long.
func IsSlow() bool { return os.Getenv(strictEnv) == "1" || os.Getenv(slowEnv) == "1" }
