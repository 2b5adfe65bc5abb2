package imports

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tools/internal/pinned"
)

func TestRepository(t *testing.T) {
	t.Parallel()
	root, err := pinned.Root()
	if err != nil {
		t.Fatal(err)
	}
	packages, err := List(t.Context(), root, Module+"...")
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 5 {
		t.Fatalf("only %d packages found: the check sees too little", len(packages))
	}
	for _, why := range Check(packages) {
		t.Error(why)
	}
}

// TestViolations checks a scratch workspace whose packages break each rule, so
// that a rule that stopped working is noticed.
func TestViolations(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "go.work", "go 1.26.0\nuse .\n")
	write(t, dir, "go.mod", strings.TrimSuffix("module "+Module, "/")+"\ngo 1.26.0\n")
	for path, imports := range map[string][]string{
		"gen/a":                 nil,
		"platform/wire":         {"gen/a"},
		"services/one":          {"platform/wire"},
		"services/one/internal": {"services/one"},
		"clients/go":            {"platform/wire"},
		"cmd/parley":            {"services/one", "clients/go"},
		"tests/e2e":             {"services/one", "platform/wire"},
		// and from here on the wrong way:
		"gen/up":       {"platform/wire"},
		"platform/up":  {"services/one"},
		"services/two": {"services/one"},
		"clients/up":   {"services/one"},
		"services/cmd": {"cmd/parley"},
		"cmd/test":     {"tests/e2e"},
		"strange/x":    {"gen/a"},
	} {
		var source strings.Builder
		source.WriteString("package p\n")
		for _, imported := range imports {
			source.WriteString("import _ \"" + Module + imported + "\"\n")
		}
		write(t, dir, path+"/p.go", source.String())
	}
	packages, err := List(t.Context(), dir, "./...")
	if err != nil {
		t.Fatal(err)
	}
	found := strings.Join(Check(packages), "\n")
	for _, wrong := range []string{
		"gen/up must not import " + Module + "platform/wire",
		"platform/up must not import " + Module + "services/one",
		"services/two must not import " + Module + "services/one",
		"clients/up must not import " + Module + "services/one",
		"services/cmd must not import " + Module + "cmd/parley",
		"cmd/test must not import " + Module + "tests/e2e",
		"strange/x belongs to no known part",
	} {
		if !strings.Contains(found, Module+wrong) {
			t.Errorf("not noticed: %s", wrong)
		}
	}
	if got := strings.Count(found, "\n") + 1; got != 7 {
		t.Errorf("%d violations, want 7:\n%s", got, found)
	}
}

func TestEngines(t *testing.T) {
	t.Parallel()
	const pebble, nats = "github.com/cockroachdb/pebble/v2", "github.com/nats-io/nats.go"
	tests := []struct {
		importer, imported string
		inTest, wrong      bool
	}{
		{"services/messaging/internal/store/pebblestore", pebble, false, false},
		{"services/messaging/internal/log", pebble, false, true},
		{"services/messaging/internal/log", pebble, true, false},
		{"cmd/parley", nats, false, true},
		{"services/messaging/internal/storekeeper", nats, false, true},
		{"tests/faults", pebble, false, false},
	}
	for _, test := range tests {
		why := violation(Module+test.importer, test.imported, test.inTest)
		if (why != "") != test.wrong {
			t.Errorf("%s imports %s (in a test: %t): %q", test.importer, test.imported, test.inTest, why)
		}
	}
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
