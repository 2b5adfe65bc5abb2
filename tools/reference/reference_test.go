package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/parleyhq/parley/tools/internal/pinned"
)

var update = flag.Bool("update", false, "write testdata/shapes.md anew")

// image compiles a module of schemas as `task generate` does. Without buf the test
// is skipped by name.
func image(t *testing.T, dir string) []byte {
	t.Helper()
	buf := filepath.Join(root(t), "tools", "node_modules", ".bin", "buf")
	if _, err := os.Stat(buf); err != nil {
		if os.Getenv("PARLEY_TEST_STRICT") == "1" {
			t.Fatal("missing prerequisite: buf, by npm ci --prefix tools")
		}
		t.Skip("missing prerequisite: buf, by npm ci --prefix tools")
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), buf, "build", "-o", "-")
	cmd.Dir, cmd.Stderr = dir, &stderr
	built, err := cmd.Output()
	if err != nil {
		t.Fatalf("buf build: %v\n%s", err, &stderr)
	}
	return built
}

func root(t *testing.T) string {
	t.Helper()
	root, err := pinned.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func generate(t *testing.T, image []byte) string {
	t.Helper()
	var page bytes.Buffer
	if err := run(bytes.NewReader(image), &page); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// TestShapes compares the page of a schema that has every shape with a golden one;
// -update writes it.
func TestShapes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	copyFiles(t, dir, map[string]string{
		filepath.Join("testdata", "shapes.proto"): "parley/shapes/v1/shapes.proto",
		filepath.Join("testdata", "error.proto"):  "parley/error/v1/error.proto",
		filepath.Join(root(t), "buf.lock"):        "buf.lock",
	})
	write(t, filepath.Join(dir, "buf.yaml"), []byte("version: v2\ndeps: [buf.build/bufbuild/protovalidate]\n"))
	got := generate(t, image(t, dir))
	golden := filepath.Join("testdata", "shapes.md")
	if *update {
		write(t, golden, []byte(got))
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("go test ./tools/reference -update, and look at the difference. Got:\n%s", got)
	}
}

// copyFiles copies files to where they belong in a folder.
func copyFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for from, to := range files {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, filepath.FromSlash(to)), text)
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestContract holds that the committed page is the one of the schema, that the
// same image gives the same bytes, and that every link within the page leads
// somewhere.
func TestContract(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() // a copy, so that the go command knows what the test read
	if err := os.CopyFS(filepath.Join(dir, "proto"), os.DirFS(filepath.Join(root(t), "proto"))); err != nil {
		t.Fatal(err)
	}
	copyFiles(t, dir, map[string]string{
		filepath.Join(root(t), "buf.yaml"): "buf.yaml",
		filepath.Join(root(t), "buf.lock"): "buf.lock",
	})
	contract := image(t, dir)
	page := generate(t, contract)
	if again := generate(t, contract); again != page {
		t.Error("a second run gave another page")
	}
	committed, err := os.ReadFile(filepath.Join(root(t), "docs", "reference.md"))
	if err != nil {
		t.Fatal(err)
	}
	if page != string(committed) {
		t.Error("docs/reference.md does not match proto/: run 'go tool task generate' and commit the result")
	}
	anchors := map[string]int{}
	for _, anchor := range regexp.MustCompile(`<a id="([^"]*)">`).FindAllStringSubmatch(page, -1) {
		anchors[anchor[1]]++
	}
	for name, count := range anchors {
		if count != 1 {
			t.Errorf("%d anchors for %s", count, name)
		}
	}
	links := regexp.MustCompile(`\]\(#([^)]*)\)`).FindAllStringSubmatch(page, -1)
	for _, link := range links {
		if anchors[link[1]] == 0 {
			t.Errorf("a link leads nowhere: %s", link[1])
		}
	}
	if len(links) < 100 || len(anchors) < 200 {
		t.Errorf("only %d links and %d anchors", len(links), len(anchors))
	}
}

func TestBadImages(t *testing.T) {
	t.Parallel()
	for name, image := range map[string]string{"not an image": "\xff", "empty": ""} {
		if err := run(bytes.NewReader([]byte(image)), &bytes.Buffer{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
