package cli_test

import (
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// guideAddress is the server of the guides.
const guideAddress = "127.0.0.1:8080"

// TestGuide runs every block of the guide in order against a fresh server. Each
// has to succeed and to answer what the text beside it says.
func TestGuide(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"curl", "sed"} {
		harness.Tool(t, tool)
	}
	server := harness.Start(t)
	answers := func(texts ...string) harness.Block { return harness.Block{Answers: texts} }
	harness.RunGuide(t, "docs/messaging-by-example.md", []string{guideAddress, server.Addr},
		answers(`"name":"orders"`, `"epoch":"`),
		answers(`"firstSequence":"1"`, `"durability":"DURABILITY_SYNCED"`),
		answers(`"text":"hello"`, `"lastSequence":"1"`),
		answers(`"firstSequence":"2"`, `"duplicates":[{"sequence":"2"}]`),
		answers(`"firstSequence":"3"`),
		answers(`"sequence":"1"`, `"sequence":"3"`),
		answers(`"text":"hello"`, `"text":"third"`),
		answers(`"sequence":"2"`, `"sequence":"3"`),
		answers(`"maxAge":"604800s"`),
		answers(`"firstSequence":"3"`, `"storedMessages":"1"`, `"gap":{"reason":"GAP_REASON_RETENTION","firstMissing":"1","lastMissing":"2"`, `"text":"third"`),
		answers(`"topics":[{"name":"orders"`),
	)
}
