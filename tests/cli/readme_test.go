package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// TestReadmeProgram runs the Go program of the README as the README says.
func TestReadmeProgram(t *testing.T) {
	t.Parallel()
	harness.Tool(t, "go")
	root := harness.Root(t)
	blocks := harness.GuideBlocks(t, "README.md", "go")
	if len(blocks) != 1 {
		t.Fatalf("the README has %d Go programs, the test knows 1", len(blocks))
	}
	server := harness.Start(t)
	must(t, server, "topic", "create", "orders")
	must(t, server, "publish", "orders", "first order")
	program := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(program, []byte(strings.ReplaceAll(blocks[0], "http://"+guideAddress, server.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", "run", program)
	cmd.Dir, cmd.Stdout, cmd.Stderr = root, &out, &errOut
	const want = "on disk: 2\n1 first order\n2 from Go\n"
	if err := cmd.Run(); err != nil || out.String() != want {
		t.Errorf("%v, output %q, want %q\n%s", err, &out, want, &errOut)
	}
}
