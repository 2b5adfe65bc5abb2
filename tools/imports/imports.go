package imports

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Module is the prefix of every import path of the workspace.
const Module = "github.com/parleyhq/parley/"

// allowed says what each part may import besides itself. Parts that are not
// listed as a target anywhere (cmd, tests, tools, examples) are imported by
// nobody.
var allowed = map[string][]string{
	"gen":      {},
	"platform": {"gen"},
	"services": {"platform", "gen"}, // one service never imports another: see violation
	"clients":  {"platform", "gen"},
	"cmd":      {"services", "clients", "platform", "gen"},
	"tests":    {"services", "clients", "platform", "gen"},
	"examples": {"clients", "platform", "gen"},
	"tools":    {"platform", "gen"},
}

// engines may be imported only by packages of a store (a path with an element
// "store") and by tests.
var engines = []string{"github.com/cockroachdb/pebble", "github.com/nats-io/"}

// Package is what is read of `go list -json`.
type Package struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// List returns the packages that the given patterns name, in dir. It fails on
// packages that do not load.
func List(ctx context.Context, dir string, patterns ...string) ([]Package, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-json=ImportPath,Imports,TestImports,XTestImports"}, patterns...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PWD="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list packages: %w: %s", err, stderr.String())
	}
	var packages []Package
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p Package
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the list of packages: %w", err)
		}
		packages = append(packages, p)
	}
}

// Check returns one sentence for each import that goes the wrong way.
func Check(packages []Package) []string {
	var found []string
	for _, p := range packages {
		for _, imported := range p.Imports {
			if why := violation(p.ImportPath, imported, false); why != "" {
				found = append(found, why)
			}
		}
		for _, imported := range append(p.TestImports, p.XTestImports...) {
			if why := violation(p.ImportPath, imported, true); why != "" {
				found = append(found, why+" (in a test)")
			}
		}
	}
	return found
}

func violation(importer, imported string, inTest bool) string {
	from, inside := strings.CutPrefix(importer, Module)
	if !inside {
		return ""
	}
	if !inTest && isEngine(imported) && !slices.Contains(strings.Split(from, "/"), "store") && unit(from) != "tests" {
		return fmt.Sprintf("%s imports the storage engine %s: only packages below store/ may", importer, imported)
	}
	to, inside := strings.CutPrefix(imported, Module)
	if !inside || unit(from) == unit(to) {
		return ""
	}
	part, _, _ := strings.Cut(from, "/")
	targets, known := allowed[part]
	if !known {
		return importer + " belongs to no known part: add it to tools/imports"
	}
	target, _, _ := strings.Cut(to, "/")
	if !slices.Contains(targets, target) || part == "services" && target == "services" {
		return fmt.Sprintf("%s must not import %s", importer, imported)
	}
	return ""
}

// unit is the part of a path that may import itself freely: the first element,
// and the second where parts hold several modules.
func unit(path string) string {
	elements := strings.SplitN(path, "/", 3)
	switch elements[0] {
	case "services", "cmd", "clients", "examples":
		return strings.Join(elements[:min(2, len(elements))], "/")
	default:
		return elements[0]
	}
}

func isEngine(path string) bool {
	return slices.ContainsFunc(engines, func(engine string) bool { return strings.HasPrefix(path, engine) })
}
