package node_test

import (
	"bytes"
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

// TestPackage installs the tarball of clients/ts as a stranger would, checks the
// types of the README's page and of its transport with a token, and runs the page twice:
// the second run goes on where the first one was. Then it runs the README's program for
// Node.
func TestPackage(t *testing.T) {
	t.Parallel()
	dir := unpack(t)
	server := harness.Start(t)
	readme, err := os.ReadFile(filepath.Join(harness.Root(t), "clients", "ts", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```ts\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) != 2 {
		t.Fatalf("the README has %d programs, the test knows 2", len(blocks))
	}
	program := strings.ReplaceAll(blocks[0][1], "http://127.0.0.1:8080", server.URL)
	for name, content := range map[string]string{
		"package.json": `{"type": "module"}`,
		"program.ts":   program,
		"token.ts":     blocks[1][1] + "declare function token(): Promise<string>;\n",
		"program.js":   "import './storage.js';\n" + program,
		"storage.js":   storage,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	checkTypes(t, dir, "program.ts")
	checkTypes(t, dir, "token.ts")
	parley := func(arguments ...string) {
		run(t, dir, harness.Binary(t), append(arguments, "--server", server.URL)...)
	}
	parley("topic", "create", "orders")
	parley("publish", "orders", "two coffees", "one tea")
	follow(t, dir, `"sequence":"2"`, "1n two coffees\n2n one tea\n")
	parley("publish", "orders", "the bill")
	follow(t, dir, `"sequence":"3"`, "3n the bill\n")

	parley("topic", "delete", "orders", "--yes")
	parley("topic", "create", "orders")
	whole := harness.GuideBlocks(t, "clients/ts/README.md", "js")
	if len(whole) != 1 {
		t.Fatalf("the README has %d programs for Node, the test knows 1", len(whole))
	}
	if err := os.WriteFile(filepath.Join(dir, "orders.js"), []byte(strings.ReplaceAll(whole[0], "http://127.0.0.1:8080", server.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a connection that is kept would keep it from ending
	defer cancel()
	cmd := exec.CommandContext(ctx, harness.Tool(t, "node"), "orders.js")
	cmd.Dir = dir
	shown := harness.GuideBlocks(t, "clients/ts/README.md", "text")
	if output, err := cmd.CombinedOutput(); err != nil || len(shown) != 1 || string(output) != shown[0] {
		t.Errorf("%v, %q, want %q", err, output, shown)
	}
}

func checkTypes(t *testing.T, dir, file string) {
	t.Helper()
	run(t, dir, filepath.Join(project(t, "tests", "node"), "node_modules", ".bin", "tsc"),
		"--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom", file)
}

// storage stands in for a browser's localStorage, which Node does not have.
const storage = `import { existsSync, readFileSync, writeFileSync } from "node:fs";
globalThis.localStorage = {
  getItem: (name) => (existsSync(name) ? readFileSync(name, "utf8") : null),
  setItem: (name, text) => writeFileSync(name, text),
};
`

// unpack lays out a folder as npm does that has installed the package.
func unpack(t *testing.T) (dir string) {
	t.Helper()
	client, tests := project(t, "clients", "ts"), project(t, "tests", "node")
	dir = t.TempDir()
	scope := filepath.Join(dir, "node_modules", "@parleyhq")
	if err := os.MkdirAll(scope, 0o750); err != nil {
		t.Fatal(err)
	}
	run(t, client, harness.Tool(t, "npm"), "pack", "--ignore-scripts", "--pack-destination", dir)
	archives, err := filepath.Glob(filepath.Join(dir, "parleyhq-client-*.tgz"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("npm pack left %v, %v", archives, err)
	}
	run(t, dir, harness.Tool(t, "tar"), "xzf", archives[0])
	if err := os.Rename(filepath.Join(dir, "package"), filepath.Join(scope, "client")); err != nil {
		t.Fatal(err)
	}
	for _, dependency := range []string{"@bufbuild", "@connectrpc"} {
		if err := os.Symlink(filepath.Join(tests, "node_modules", dependency), filepath.Join(dir, "node_modules", dependency)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// follow runs the program until it has printed what is wanted and stored this
// part of a cursor, and ends it.
func follow(t *testing.T, dir, cursor, want string) {
	t.Helper()
	output, err := os.Create(filepath.Join(dir, "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	var errOut bytes.Buffer
	cmd := exec.CommandContext(t.Context(), harness.Tool(t, "node"), "program.js")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, output, &errOut
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("the program's errors: %s", &errOut)
		}
	}()
	harness.Eventually(t, "the program prints "+want, func() bool {
		printed, err := os.ReadFile(output.Name())
		if err != nil {
			t.Fatal(err)
		}
		stored, err := os.ReadFile(filepath.Join(dir, "orders"))
		return err == nil && string(printed) == want && strings.Contains(string(stored), cursor)
	})
}
