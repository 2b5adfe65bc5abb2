package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tools/internal/pinned"
)

// TestLintWorksOffline runs the real buf on the repository's contract with an
// empty cache and no way to the registry, before and after filling. It also
// proves that the pin in sources is the commit that buf.lock names.
func TestLintWorksOffline(t *testing.T) {
	t.Parallel()
	root, deps := repository(t)
	cache := t.TempDir()
	if out, err := lintOffline(t, root, cache); err == nil {
		t.Fatalf("buf lint passed with an empty cache and no registry; this test proves nothing:\n%s", out)
	}
	for _, dep := range deps {
		if cached(cache, dep) {
			t.Fatalf("cached(%s) = true for an empty cache", dep.Name)
		}
		if err := fill(t.Context(), cache, dep, sources()); err != nil {
			t.Fatal(err)
		}
		if !cached(cache, dep) {
			t.Errorf("cached(%s) = false after fill", dep.Name)
		}
	}
	if out, err := lintOffline(t, root, cache); err != nil {
		t.Errorf("buf lint after fill: %v\n%s", err, out)
	}
}

func TestFillRefuses(t *testing.T) {
	t.Parallel()
	_, deps := repository(t)
	dep := deps[0]
	bumped := dep
	bumped.Digest = "b5:" + strings.Repeat("0", 128)
	unknown := dep
	unknown.Name = "buf.build/nobody/nothing"
	tests := map[string]struct {
		dep  dependency
		want string
	}{
		"buf.lock bumped alone": {bumped, "bump buf.lock and tools/bufcache/fill.go together"},
		"no source":             {unknown, "no Go module is known for buf.build/nobody/nothing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := t.TempDir()
			err := fill(t.Context(), cache, test.dep, sources())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("fill: %v, want %q", err, test.want)
			}
			if entries, _ := os.ReadDir(cache); len(entries) != 0 {
				t.Errorf("a refused fill left %v in the cache", entries)
			}
		})
	}
}

func TestRegistryAnswers(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{http.StatusOK: true, http.StatusNotFound: true, http.StatusBadGateway: false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
		}))
		t.Cleanup(server.Close)
		if got := registryAnswers(t.Context(), server.URL); got != want {
			t.Errorf("registryAnswers with status %d = %t", status, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if registryAnswers(ctx, "https://127.0.0.1:1") {
		t.Error("registryAnswers with nothing there = true")
	}
}

func repository(t *testing.T) (string, []dependency) {
	t.Helper()
	root, err := pinned.Root()
	if err != nil {
		t.Fatal(err)
	}
	deps, err := readLock(filepath.Join(root, "buf.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if len(deps) == 0 {
		t.Fatal("buf.lock names no dependency")
	}
	return root, deps
}

// lintOffline runs buf with every way to the network pointing at a closed port.
func lintOffline(t *testing.T, root, cache string) (string, error) {
	t.Helper()
	buf := filepath.Join(root, "tools", "node_modules", ".bin", "buf")
	if _, err := os.Stat(buf); err != nil {
		t.Fatalf("buf is not installed (go tool task setup): %v", err)
	}
	cmd := exec.CommandContext(t.Context(), buf, "lint")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "BUF_CACHE_DIR="+cache,
		"HTTPS_PROXY=http://127.0.0.1:1", "HTTP_PROXY=http://127.0.0.1:1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
