package cli_test

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

const operations = "docs/operations.md"

// readOperations returns the text of the page.
func readOperations(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(t), filepath.FromSlash(operations)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestOperations runs the commands of the operations page. Between its blocks the
// server is stopped, started on the restored data, and its data damaged.
func TestOperations(t *testing.T) {
	t.Parallel()
	harness.Tool(t, "curl")
	folder := t.TempDir()
	lib, backups := filepath.Join(folder, "lib"), filepath.Join(folder, "backups")
	data := filepath.Join(lib, "data")
	server := harness.Start(t, "--data-dir", data)
	must(t, server, "topic", "create", "orders")
	must(t, server, "publish", "orders", "one", "two")
	start := func() {
		server = harness.Start(t, "--data-dir", data, "--listen", server.Addr, "--admin-listen", strings.TrimPrefix(server.Admin, "http://"))
	}
	harness.RunGuide(t, operations,
		[]string{guideAddress, server.Addr, "127.0.0.1:8081", strings.TrimPrefix(server.Admin, "http://"), "/var/lib/parley", lib, "/var/backups", backups},
		harness.Block{Answers: []string{"alive", "ready", "SERVING"}},
		harness.Block{Answers: []string{"backup complete: " + backups}},
		harness.Block{Answers: []string{"restored into", "clean: 1 topic, 2 messages"}},
		harness.Block{Before: func() { server.Stop(t) }, Answers: []string{"restored into " + data}},
		harness.Block{Before: start, Answers: []string{"goroutine profile: total"}},
		harness.Block{
			Before:  func() { must(t, server, "publish", "orders", "three") },
			Answers: []string{"parley_messaging_published_bytes_total", "parley_messaging_published_messages_total 1"},
		},
		harness.Block{
			Before: func() {
				server.Stop(t)
				if err := os.Remove(filepath.Join(data, "MARK")); err != nil {
					t.Fatal(err)
				}
			},
			Answers: []string{"damaged: 1 topic, 3 messages", "found:", "damaged: 1 topic, 3 messages", "nothing was changed", "recovered:", "clean: 1 topic, 3 messages"},
		},
	)
	start()
	if got := must(t, server, "subscribe", "orders", "--stop-at-head"); !slices.Equal(got.contents(), []string{"one", "two", "three"}) {
		t.Errorf("after the recovery: %v", got)
	}
}

// TestOperationsMetrics holds that the page names each metric that a server
// exports, and no other of their kinds.
func TestOperationsMetrics(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "orders")
	must(t, server, "publish", "orders", "one", "two")
	must(t, server, "topic", "purge", "orders", "--before", "2", "--yes")
	must(t, server, "subscribe", "orders", "--from", "1", "--stop-at-head") // meets a gap
	res, err := http.Get(server.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var exported, named []string
	for _, family := range regexp.MustCompile(`(?m)^# TYPE (\S+) `).FindAllStringSubmatch(string(text), -1) {
		exported = append(exported, family[1])
	}
	for _, name := range regexp.MustCompile("`((?:go|parley|process|promhttp|rpc_server|target)_[a-z_]+)`").FindAllStringSubmatch(readOperations(t), -1) {
		named = append(named, name[1])
	}
	if len(exported) < 40 || !slices.Contains(exported, "parley_messaging_gaps_total") {
		t.Errorf("only %d metrics: %q", len(exported), exported)
	}
	for _, name := range exported {
		if !slices.Contains(named, name) {
			t.Errorf("the page does not name %s", name)
		}
	}
	for _, name := range named {
		if !slices.Contains(exported, name) {
			t.Errorf("the page names %s, which the server does not export", name)
		}
	}
}

// TestOperationsFlags compares the page's table of flags with the help.
func TestOperationsFlags(t *testing.T) {
	t.Parallel()
	help := parley(t, "serve", "--help").stdout
	page := readOperations(t)
	flags := regexp.MustCompile(`(?m)^\s+--([a-z-]+)="?([a-z0-9.:]+)"?(?:\s|$)`).FindAllStringSubmatch(help, -1)
	if len(flags) < 12 {
		t.Fatalf("the help has only %d flags with a default: %q", len(flags), flags)
	}
	for _, flag := range flags {
		if row := "| `--" + flag[1] + "` | `" + flag[2] + "` |"; !strings.Contains(page, row) {
			t.Errorf("the page has no row %s", row)
		}
	}
}

// TestOperationsUnit lets systemd check the unit of the page.
func TestOperationsUnit(t *testing.T) {
	t.Parallel()
	analyze := harness.Tool(t, "systemd-analyze")
	units := harness.GuideBlocks(t, operations, "ini")
	if len(units) != 1 {
		t.Fatalf("the page has %d units, the test knows 1", len(units))
	}
	unit := filepath.Join(t.TempDir(), "parley.service")
	text := strings.ReplaceAll(units[0], "/usr/local/bin/parley", harness.Binary(t))
	if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	// What it says about other units of the machine is not ours.
	output, err := exec.CommandContext(t.Context(), analyze, "verify", "--recursive-errors=no", "--man=no", unit).CombinedOutput()
	if err != nil || strings.Contains(string(output), "parley.service") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, output)
	}
}
