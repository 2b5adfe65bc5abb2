package goclient_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// TestExample builds examples/go as a stranger would, outside of the workspace,
// and runs it twice: the second run goes on where the first one ended.
func TestExample(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	dir := t.TempDir()
	program := filepath.Join(dir, "orders")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = filepath.Join(harness.Root(t), "examples", "go")
	build.Env = append(os.Environ(), "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, want := range []string{"1 two coffees\n2 one tea\n", "3 two coffees\n4 one tea\n"} {
		var out, errOut bytes.Buffer
		cmd := exec.CommandContext(t.Context(), program, "-server", server.URL)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errOut
		if err := cmd.Run(); err != nil || out.String() != want {
			t.Errorf("%v, output %q, want %q\n%s", err, &out, want, &errOut)
		}
	}
}
