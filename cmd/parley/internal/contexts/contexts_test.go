package contexts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestBook(t *testing.T) {
	t.Parallel()
	var book Book
	for _, name := range []string{"prod", "a", "stage.eu-1"} {
		if err := book.Add(name, Context{Server: name}, false); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"", Default, "-a", "a b", "a/b", strings.Repeat("a", 65)} {
		if err := book.Add(name, Context{}, true); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v, want ErrName", name, err)
		}
	}
	if err := book.Add("a", Context{}, false); !errors.Is(err, ErrExists) {
		t.Errorf("%v, want ErrExists", err)
	}
	if err := book.Add("a", Context{Server: "other"}, true); err != nil || book.Contexts["a"].Server != "other" {
		t.Errorf("replace: %v, %v", err, book.Contexts["a"])
	}
	if got := book.Names(); !slices.Equal(got, []string{"a", "prod", "stage.eu-1"}) {
		t.Errorf("names %q", got)
	}
	if err := book.Use("nothing"); !errors.Is(err, ErrUnknown) || book.Current != "" {
		t.Errorf("use nothing: %v, %q", err, book.Current)
	}
	if err := errors.Join(book.Use("prod"), book.Remove("a")); err != nil || book.Current != "prod" {
		t.Errorf("%v, current %q", err, book.Current)
	}
	if err := book.Remove("prod"); err != nil || book.Current != "" {
		t.Errorf("remove the current one: %v, current %q", err, book.Current)
	}
	if err := book.Remove("prod"); !errors.Is(err, ErrUnknown) {
		t.Errorf("remove again: %v, want ErrUnknown", err)
	}
	if err := errors.Join(book.Use("stage.eu-1"), book.Use(Default)); err != nil || book.Current != "" {
		t.Errorf("use default: %v, current %q", err, book.Current)
	}
}

// TestStore holds that a change is readable by its owner alone, that one which
// fails changes nothing, and that nothing but the lock stays beside it.
func TestStore(t *testing.T) {
	t.Parallel()
	store := NewStore(filepath.Join(t.TempDir(), "new", "contexts.json"))
	if book, err := store.Read(); err != nil || len(book.Contexts) != 0 {
		t.Fatalf("no file: %v, %v", book, err)
	}
	add := func(book *Book) error { return book.Add("prod", Context{Server: "s", Token: "t0ken"}, false) }
	if err := store.Change(add); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(store.Path(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := store.Change(func(book *Book) error { return book.Use("prod") }); err != nil {
		t.Fatal(err)
	}
	if err := store.Change(add); !errors.Is(err, ErrExists) {
		t.Errorf("%v, want ErrExists", err)
	}
	book, err := store.Read()
	if err != nil || book.Current != "prod" || book.Contexts["prod"] != (Context{Server: "s", Token: "t0ken"}) {
		t.Errorf("%v, %v", book, err)
	}
	info, err := os.Stat(store.Path())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v, want mode 0600", info.Mode(), err)
	}
	if files, err := os.ReadDir(filepath.Dir(store.Path())); err != nil || len(files) != 2 || files[1].Name() != "contexts.json.lock" {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

// TestConcurrentChanges holds that changes at the same time all take place.
func TestConcurrentChanges(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "contexts.json")
	var changes sync.WaitGroup
	for i := range 20 {
		changes.Go(func() {
			add := func(book *Book) error { return book.Add(fmt.Sprintf("context-%d", i), Context{Server: "s"}, false) }
			if err := NewStore(path).Change(add); err != nil {
				t.Error(err)
			}
		})
	}
	changes.Wait()
	if book, err := NewStore(path).Read(); err != nil || len(book.Contexts) != 20 {
		t.Errorf("%d contexts, %v, want 20", len(book.Contexts), err)
	}
}

func TestDamagedFile(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "{", `{"contexts": {"a": {"server": "s", "newer": 1}}}`} {
		store := NewStore(filepath.Join(t.TempDir(), "contexts.json"))
		if err := os.WriteFile(store.Path(), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		err := store.Change(func(*Book) error { t.Errorf("%q was read", content); return nil })
		if err == nil || !strings.Contains(err.Error(), store.Path()) {
			t.Errorf("%q: %v, want an error with the path", content, err)
		}
	}
}

func TestSecretIsNotShown(t *testing.T) {
	t.Parallel()
	c := Context{Token: "t0ken"}
	if text := fmt.Sprintf("%v %+v %#v %s", c, c, c, c.Token); strings.Contains(text, "t0ken") {
		t.Errorf("shown: %s", text)
	}
}
