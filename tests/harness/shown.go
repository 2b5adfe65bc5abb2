package harness

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ShownBlocks returns a [Block] for every `sh` block of a document, which expects
// what the document itself shows: the `text` block right after it, or no output. In
// a shown output a time or an epoch stands for any, and … for any text.
//
// replace holds pairs as for [RunGuide]; env is environment for every block.
func ShownBlocks(t testing.TB, document string, replace []string, env ...string) []Block {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(Root(t), filepath.FromSlash(document)))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []Block
	for _, found := range shownBlock.FindAllStringSubmatch(string(content), -1) {
		shown := strings.NewReplacer(replace...).Replace(found[1])
		blocks = append(blocks, Block{Output: outputPattern(shown), Env: env})
	}
	return blocks
}

var (
	shownBlock = regexp.MustCompile("(?s)```sh\n.*?```\n(?:\n```text\n(.*?)```)?")
	times      = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\\\.\d+)?Z`)
	epochs     = regexp.MustCompile(`[A-Z2-7]{16}`)
)

// outputPattern matches a whole output that has been squeezed.
func outputPattern(shown string) *regexp.Regexp {
	pattern := regexp.QuoteMeta(squeeze(shown))
	pattern = times.ReplaceAllLiteralString(pattern, `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	pattern = epochs.ReplaceAllLiteralString(pattern, epochs.String())
	return regexp.MustCompile("(?s)^" + strings.ReplaceAll(pattern, "…", ".*?") + "$")
}
