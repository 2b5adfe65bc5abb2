package ledger_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/faults/ledger"
)

func TestJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := []ledger.Entry{
		{Sent: &ledger.Sent{Publisher: 1, From: 1, To: 2}},
		{Acked: []ledger.Place{{ID: "p1-1", Sequence: 9}}, Via: "Publish connect-json"},
		{Stream: &ledger.Run{Sent: ledger.Sent{Publisher: 1, From: 2, To: 2}, First: 10, Last: 10}},
		{Seen: []ledger.Place{{ID: "p1-1", Sequence: 9}}},
	}
	for _, entry := range want { // each by a journal of its own, as after a restart
		journal, err := ledger.Open(dir, "publisher-1")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(journal.Append(entry), journal.Close()); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "publisher-1.journal")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tail := range []string{"", `{"acked":[{"id":"p1-`} { // the second is being written
		if err := os.WriteFile(path, append(whole, tail...), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ledger.Load(dir)
		if err != nil || !reflect.DeepEqual(got, map[string][]ledger.Entry{"publisher-1": want}) {
			t.Errorf("loaded %+v, %v", got, err)
		}
	}
	if err := os.WriteFile(path, []byte("{\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ledger.Load(dir); err == nil {
		t.Errorf("loaded %+v from a damaged journal", got)
	}
}

// TestText changes every byte of a text in turn.
func TestText(t *testing.T) {
	t.Parallel()
	name := ledger.Name{Publisher: 3, Counter: 17}
	text := name.Text()
	if got, err := ledger.ParseText(text); err != nil || got != name {
		t.Fatalf("parsed %+v, %v", got, err)
	}
	for at := range len(text) {
		changed := []byte(text)
		changed[at] ^= 4
		if _, err := ledger.ParseText(string(changed)); !errors.Is(err, ledger.ErrCorrupt) {
			t.Errorf("byte %d changed: %v", at, err)
		}
		if _, err := ledger.ParseText(text[:at]); !errors.Is(err, ledger.ErrCorrupt) {
			t.Errorf("cut at %d: %v", at, err)
		}
	}
	for _, id := range []string{"", "p", "p1", "px-1", "p1-x", "p1--1", strings.Repeat("9", 30) + "-1"} {
		if _, err := ledger.ParseID(id); !errors.Is(err, ledger.ErrCorrupt) {
			t.Errorf("id %q: %v", id, err)
		}
	}
}
