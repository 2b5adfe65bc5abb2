package completion

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
)

// TestConnectionFlags holds what of a half-typed line says which server to ask.
func TestConnectionFlags(t *testing.T) {
	t.Parallel()
	var line struct{ connection.OneServer }
	parser := kong.Must(&line, kong.Name("parley"))
	for words, want := range map[string]string{
		"":                                   "",
		"orders --yes --before 3":            "",
		"--server a:1 orders":                "--server a:1",
		"--server=a:1 --yes --context b":     "--server=a:1 --context b",
		"--insecure-skip-verify orders":      "--insecure-skip-verify",
		"--help orders --token-file t --key": "--token-file t",
		"orders --server":                    "",
	} {
		if got := connectionFlags(parser.Model, strings.Fields(words)); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}
