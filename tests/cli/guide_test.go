package cli_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/tests/harness"
)

// guideAddress is the server of the guide.
const guideAddress = "127.0.0.1:8080"

// TestGuide runs every block of the guide in order against a fresh server. Each
// has to succeed and to answer what the text beside it says.
func TestGuide(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "curl", "sed", "buf"} {
		harness.Tool(t, tool)
	}
	guide, err := os.ReadFile(filepath.Join(harness.Root(t), "docs", "messaging-by-example.md"))
	if err != nil {
		t.Fatal(err)
	}
	answers := [][]string{ // of each block, in order of their appearance
		{`"name":"orders"`, `"epoch":"`},
		{`"firstSequence":"1"`, `"durability":"DURABILITY_SYNCED"`},
		{`"text":"hello"`, `"lastSequence":"1"`},
		{`"firstSequence":"2"`, `"duplicates":[{"sequence":"2"}]`},
		{`"firstSequence":"3"`},
		{`"sequence":"1"`, `"sequence":"3"`},
		{`"text":"hello"`, `"text":"third"`},
		{`"sequence":"2"`, `"sequence":"3"`},
		{`"maxAge":"604800s"`},
		{`"firstSequence":"3"`, `"storedMessages":"1"`, `"gap":{"reason":"GAP_REASON_RETENTION","firstMissing":"1","lastMissing":"2"`, `"text":"third"`},
		{`"topics":[{"name":"orders"`},
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(guide), -1)
	if len(blocks) != len(answers) {
		t.Fatalf("the guide has %d blocks, the test knows %d", len(blocks), len(answers))
	}
	server := harness.Start(t)
	for i, block := range blocks {
		script := strings.ReplaceAll(block[1], guideAddress, server.Addr)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
		cmd.Env = append(harness.Environment(), "PATH="+guidePath(t))
		output, err := cmd.CombinedOutput()
		cancel()
		if err != nil {
			t.Fatalf("block %d: %v\n%s\n%s", i+1, err, script, output)
		}
		rest := strings.NewReplacer(" ", "", "\n", "").Replace(string(output)) // the spacing of JSON varies
		for _, want := range answers[i] {
			before, after, ok := strings.Cut(rest, want)
			if !ok {
				t.Fatalf("block %d does not answer %s after %q\n%s\n%s", i+1, want, before, script, output)
			}
			rest = after
		}
	}
}

// guidePath is a PATH that begins where this checkout keeps its tools.
func guidePath(t *testing.T) string {
	t.Helper()
	return filepath.Dir(harness.Tool(t, "buf")) + string(os.PathListSeparator) + os.Getenv("PATH")
}
