package python_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// TestReadmeProgram runs the Python program of the README.
func TestReadmeProgram(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	root := harness.Root(t)
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```python\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) != 1 {
		t.Fatalf("the README has %d Python programs, the test knows 1", len(blocks))
	}
	program := strings.ReplaceAll(blocks[0][1], "127.0.0.1:8080", harness.Start(t).Addr)
	got := runPython(t, filepath.Join(root, "gen", "python"), "-c", program)
	if got.code != 0 || !strings.HasPrefix(got.stdout, "Hello I am up and running.") {
		t.Errorf("exit code %d, %q\n%s", got.code, got.stdout, got.stderr)
	}
}
