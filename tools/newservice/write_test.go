package main

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "list"), []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := write(root, []change{
		{path: "a/b/new", new: []byte("new")},
		{path: "list", old: []byte("old"), new: []byte("changed")},
	}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": "/", "a/b": "/", "a/b/new": "new", "list": "changed"}
	if got := tree(t, root); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	info, err := os.Stat(filepath.Join(root, "list"))
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("got %v, %v, want the permissions kept", info.Mode(), err)
	}
}

// Whatever fails, the tree is as it was.
func TestWriteAllOrNothing(t *testing.T) {
	t.Parallel()
	good := []change{
		{path: "list", old: []byte("old"), new: []byte("changed")},
		{path: "folder/new", new: []byte("new")},
		{path: "made/for/it/new", new: []byte("new")},
	}
	for name, bad := range map[string]change{
		"the file exists":           {path: "folder/old", new: []byte("new")},
		"the file is gone":          {path: "gone", old: []byte("old"), new: []byte("new")},
		"a file, not a folder":      {path: "list/sub/new", new: []byte("new")},
		"a folder, not a file":      {path: "folder", old: []byte("old"), new: []byte("new")},
		"the file exists, made now": {path: "made/for/it/new", new: []byte("new")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			if err := errors.Join(
				os.WriteFile(filepath.Join(root, "list"), []byte("old"), 0o600),
				os.Mkdir(filepath.Join(root, "folder"), 0o750),
				os.WriteFile(filepath.Join(root, "folder", "old"), []byte("old"), 0o600),
			); err != nil {
				t.Fatal(err)
			}
			before := tree(t, root)
			if err := write(root, append(slices.Clip(good), bad)); err == nil {
				t.Error("no error")
			}
			if after := tree(t, root); !maps.Equal(before, after) {
				t.Errorf("got %v, want it as before: %v", after, before)
			}
		})
	}
}

// tree returns the files below root with their contents, and the folders.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil || entry.IsDir() {
			found[name] = "/"
			return err
		}
		content, err := os.ReadFile(path)
		found[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
