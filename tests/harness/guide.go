package harness

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// blockLimit bounds one block of a guide.
const blockLimit = time.Minute

// Block is what a test expects of one shell block of a guide.
type Block struct {
	// Before runs before the block, for what a reader does by other means, such as
	// stopping the server. It may be nil.
	Before func()
	// Answers are texts that the block has to print, in this order. Spaces and line
	// ends do not count: those of JSON vary.
	Answers []string
	// Output is all that the block has to print, without spaces and line ends. Nil:
	// it is not compared.
	Output *regexp.Regexp
	// Env is environment besides the test's.
	Env []string
}

// GuideBlocks returns the code blocks of a language in a document, which is named
// from the root of the checkout.
func GuideBlocks(t testing.TB, document, language string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(t), filepath.FromSlash(document)))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, block := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, block[1])
	}
	return blocks
}

// RunGuide runs every `sh` block of a document in order, in one empty folder, by
// bash, with this checkout's parley and buf on the PATH. Each has to succeed and to
// answer what is expected of it. What cannot run in a test belongs in a block of
// another language, such as console.
//
// replace holds pairs of what the document says and what it is here, such as the
// address of the server.
func RunGuide(t testing.TB, document string, replace []string, expected ...Block) {
	t.Helper()
	blocks := GuideBlocks(t, document, "sh")
	if len(blocks) != len(expected) {
		t.Fatalf("%s has %d blocks, the test knows %d", document, len(blocks), len(expected))
	}
	path, folder := guidePath(t), t.TempDir()
	for i, block := range blocks {
		if expected[i].Before != nil {
			expected[i].Before()
		}
		script := strings.NewReplacer(replace...).Replace(block)
		output, err := runBlock(t, path, folder, script, expected[i].Env)
		if err != nil {
			t.Fatalf("block %d: %v\n%s\n%s", i+1, err, script, output)
		}
		rest := squeeze(output)
		for _, want := range expected[i].Answers {
			before, after, ok := strings.Cut(rest, squeeze(want))
			if !ok {
				t.Fatalf("block %d does not answer %s after %q\n%s\n%s", i+1, want, before, script, output)
			}
			rest = after
		}
		if shown := expected[i].Output; shown != nil && !shown.MatchString(squeeze(output)) {
			t.Fatalf("block %d does not print what the page shows:\n%s\n%s\nwant %s", i+1, script, output, shown)
		}
	}
}

func runBlock(t testing.TB, path, folder, script string, env []string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), blockLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, Tool(t, "bash"), "-euo", "pipefail", "-c", script)
	cmd.Env, cmd.Dir = append(append(Environment(), env...), "PATH="+path), folder
	// What a block leaves running, such as a server, ends with the test.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	t.Cleanup(func() {
		if cmd.Process != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // most leave nothing
		}
	})
	output, err := cmd.CombinedOutput()
	return string(output), err
}

func squeeze(text string) string { return strings.Join(strings.Fields(text), "") }

// guidePath is a PATH that begins with this checkout's parley and buf.
func guidePath(t testing.TB) string {
	t.Helper()
	own := t.TempDir()
	if err := os.Symlink(Binary(t), filepath.Join(own, "parley")); err != nil { // its name may have a suffix
		t.Fatal(err)
	}
	return strings.Join([]string{own, filepath.Dir(Tool(t, "buf")), os.Getenv("PATH")}, string(os.PathListSeparator))
}
