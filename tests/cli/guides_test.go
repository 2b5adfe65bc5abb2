package cli_test

import (
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// TestGuides runs the guides by use case: every `sh` block in order, against a
// server of its own. Each has to print what the page shows after it.
func TestGuides(t *testing.T) {
	t.Parallel()
	for _, guide := range []struct {
		name    string
		tools   []string // besides bash and curl
		replace []string // what the page says, and what it is here
	}{
		{name: "audit-log", tools: []string{"jq"}},
		{name: "chat", tools: []string{"jq", "buf"}},
		{name: "compare-and-append", tools: []string{"jq", "python3"}},
		{name: "from-polling", tools: []string{"jq"}},
	} {
		t.Run(guide.name, func(t *testing.T) {
			t.Parallel()
			for _, tool := range append([]string{"curl"}, guide.tools...) {
				harness.Tool(t, tool)
			}
			document := "docs/guides/" + guide.name + ".md"
			server := harness.Start(t)
			admin := strings.TrimPrefix(server.Admin, "http://")
			replace := append([]string{guideAddress, server.Addr, "127.0.0.1:8081", admin}, guide.replace...)
			blocks := harness.ShownBlocks(t, document, replace, "PARLEY_SERVER="+server.URL, "PARLEY_ADMIN="+admin)
			harness.RunGuide(t, document, replace, blocks...)
		})
	}
}
