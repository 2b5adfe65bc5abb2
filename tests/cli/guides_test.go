package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// guide is a guide by use case.
type guide struct {
	name    string   // docs/guides/NAME.md
	tools   []string // what it needs besides bash and curl
	replace []string // pairs: what the page says, and what it is here
	own     bool     // it starts a server of its own
	flags   []string // of its server
}

func guides() []guide {
	return []guide{
		{name: "audit-log", tools: []string{"jq"}},
		{name: "bulk-import", tools: []string{"jq"}, own: true, replace: []string{"1000000", "100000", "1000001", "100001", "1000003", "100003"}},
		{name: "chat", tools: []string{"jq", "buf"}},
		{name: "compare-and-append", tools: []string{"jq", "python3"}},
		{name: "from-polling", tools: []string{"jq"}},
		{name: "live-dashboard", tools: []string{"jq"}, flags: []string{"--cors-origin", "http://127.0.0.1:5173"}},
		{name: "typed-messages", tools: []string{"jq", "buf"}},
	}
}

// TestGuides runs every `sh` block of each guide in order, against a server that no
// other test uses. Each has to print what the page shows after it.
func TestGuides(t *testing.T) {
	t.Parallel()
	for _, guide := range guides() {
		t.Run(guide.name, func(t *testing.T) {
			t.Parallel()
			for _, tool := range append([]string{"curl"}, guide.tools...) {
				harness.Tool(t, tool)
			}
			var server, admin string
			if guide.own {
				server, admin = unusedAddress(t), unusedAddress(t)
			} else {
				running := harness.Start(t, guide.flags...)
				server, admin = running.Addr, strings.TrimPrefix(running.Admin, "http://")
			}
			document := "docs/guides/" + guide.name + ".md"
			replace := append([]string{guideAddress, server, "127.0.0.1:8081", admin}, guide.replace...)
			blocks := harness.ShownBlocks(t, document, replace,
				"PARLEY_SERVER=http://"+server, "PARLEY_LISTEN="+server, "PARLEY_ADMIN_LISTEN="+admin)
			harness.RunGuide(t, document, replace, blocks...)
		})
	}
}

// TestGuidesListed holds that the table has every guide and that both lists of
// documents link to it.
func TestGuidesListed(t *testing.T) {
	t.Parallel()
	root := harness.Root(t)
	files, err := filepath.Glob(filepath.Join(root, "docs", "guides", "*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no guides: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".md")
		if !slices.ContainsFunc(guides(), func(g guide) bool { return g.name == name }) {
			t.Errorf("no test runs %s", file)
		}
	}
	for document, folder := range map[string]string{"README.md": "docs/guides/", "docs/messaging.md": "guides/"} {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(document)))
		if err != nil {
			t.Fatal(err)
		}
		for _, guide := range guides() {
			if !strings.Contains(string(text), "]("+folder+guide.name+".md)") {
				t.Errorf("%s does not link to the guide %s", document, guide.name)
			}
		}
	}
}
