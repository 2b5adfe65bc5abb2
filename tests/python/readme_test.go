package python_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// documented is the address that the documents name.
const documented = "127.0.0.1:8080"

// TestReadmeProgram runs the Python program of the README.
func TestReadmeProgram(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	programs := harness.GuideBlocks(t, "README.md", "python")
	if len(programs) != 1 {
		t.Fatalf("the README has %d Python programs, the test knows 1", len(programs))
	}
	program := strings.ReplaceAll(programs[0], documented, harness.Start(t).Addr)
	got := runPython(t, filepath.Join(harness.Root(t), "gen", "python"), "-c", program)
	if got.code != 0 || !strings.HasPrefix(got.stdout, "Hello I am up and running.") {
		t.Errorf("exit code %d, %q\n%s", got.code, got.stdout, got.stderr)
	}
}

// varying matches what differs from run to run: times and epochs.
var varying = regexp.MustCompile(`\d{4}-\d\d-\d\dT\S+Z|\S+(:\d+\n)`)

// TestPythonReadme runs the commands of clients/python/README.md in order against
// a fresh server, compares what they print, and runs its program.
func TestPythonReadme(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	const readme = "clients/python/README.md"
	server := harness.Start(t)
	parley(t, server, "topic", "create", "orders")
	commands := 0
	for _, block := range harness.GuideBlocks(t, readme, "console") {
		for _, example := range strings.Split("\n"+block, "\n$ ")[1:] {
			line, want, _ := strings.Cut(strings.TrimSuffix(example, "\n")+"\n", "\n")
			got := runLine(t, line, server.Addr)
			if varying.ReplaceAllString(got, "*$1") != varying.ReplaceAllString(want, "*$1") && !sameLines(got, want) {
				t.Errorf("%s prints\n%swant\n%s", line, got, want)
			}
			commands++
		}
	}
	if commands != 6 {
		t.Errorf("%d commands, the test knows 6", commands)
	}
	programs := harness.GuideBlocks(t, readme, "python")
	if len(programs) != 1 {
		t.Fatalf("%d Python programs, the test knows 1", len(programs))
	}
	root := harness.Root(t)
	modules := filepath.Join(root, "gen", "python") + string(os.PathListSeparator) + filepath.Join(root, "clients", "python")
	got := runPython(t, modules, "-c", strings.ReplaceAll(programs[0], documented, server.Addr))
	const want = "[3, 4]\n1 two coffees\n2 one tea\n3 three cakes\n4 the bill\nresume with Start(after=...) 4\n"
	if got != (outcome{stdout: want}) {
		t.Errorf("got  %+v\nwant %q", got, want)
	}
}

// runLine runs a line of a shell that starts one of the clients, and returns what
// it prints and then what it reports on standard error.
func runLine(t *testing.T, line, server string) string {
	t.Helper()
	var words []string
	for _, word := range regexp.MustCompile(`"([^"]*)"|(\S+)`).FindAllStringSubmatch(line, -1) {
		words = append(words, word[1]+word[2])
	}
	if words[0] != "python3" {
		t.Fatalf("not a Python client: %s", line)
	}
	got := client(t, filepath.Base(words[1]), append(words[2:], "--server", server)...)
	return got.stdout + got.stderr
}

// sameLines compares outputs whose lines may interleave.
func sameLines(a, b string) bool {
	count := map[string]int{}
	for line := range strings.Lines(a) {
		count[line]++
	}
	for line := range strings.Lines(b) {
		count[line]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}
