package node_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// drawing is the part of a page that the guide leaves to its reader.
const drawing = `
import type { ConnectionState } from "@parleyhq/client";
import type { Message } from "@parleyhq/client/gen/parley/messaging/v1/message_pb.js";
declare function draw(message: Message): void;
declare function redraw(): void;
declare function showConnection(state: ConnectionState): void;
`

// TestDashboardGuide checks the types of the page in the guide to a live dashboard
// against the package as strangers install it.
func TestDashboardGuide(t *testing.T) {
	t.Parallel()
	programs := harness.GuideBlocks(t, "docs/guides/live-dashboard.md", "ts")
	if len(programs) != 1 {
		t.Fatalf("the guide has %d programs, the test knows 1", len(programs))
	}
	dir := unpack(t)
	for name, content := range map[string]string{
		"package.json": `{"type": "module"}`,
		"page.ts":      programs[0] + drawing,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	checkTypes(t, dir, "page.ts")
}
