package node_test

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// TestLockFiles holds that no lock file names a registry: everybody installs from
// the one they have. What counts is the hash.
func TestLockFiles(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir(harness.Root(t), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git") {
			return filepath.SkipDir
		}
		if entry.Name() != "package-lock.json" {
			return nil
		}
		found++
		lock := lockFile(t, filepath.Dir(path))
		if bytes.Contains(lock, []byte(`"resolved"`)) {
			t.Errorf("%s names a registry: put omit-lockfile-registry-resolved=true into .npmrc and install again", path)
		}
		if !bytes.Contains(lock, []byte(`"integrity"`)) {
			t.Errorf("%s has no hashes", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 4 {
		t.Errorf("found %d lock files, want those of tools, tests/node, clients/ts and examples/browser", found)
	}
}
