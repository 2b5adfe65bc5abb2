package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tools/internal/pinned"
)

func TestNames(t *testing.T) {
	t.Parallel()
	root, err := pinned.Root()
	if err != nil {
		t.Fatal(err)
	}
	for name, says := range map[string]string{
		"billing":               "",
		"v2x":                   "",
		"connect":               "", // also a package, but in no file that imports both
		"":                      "NAME=billing",
		"b":                     "2 to 32",
		"Billing":               "2 to 32",
		"bill-ing":              "2 to 32",
		"2billing":              "2 to 32",
		"../x":                  "2 to 32",
		strings.Repeat("b", 33): "2 to 32",
		"func":                  "reserved", // Go
		"len":                   "reserved", // Go, predeclared
		"lambda":                "reserved", // Python
		"internal":              "reserved", // the Go command
		"v1":                    "reserved", // a version
		"unary":                 "exists",
		"messaging":             "exists",
		"os":                    "another package",
		"server":                "another package",
		"cli":                   "cmd/parley/cli.go declares",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := plan(root, name)
			switch {
			case says == "" && err != nil:
				t.Errorf("got %v, want it accepted", err)
			case says != "" && (!errors.Is(err, errName) || !strings.Contains(err.Error(), says)):
				t.Errorf("got %v, want an error that says %q", err, says)
			}
		})
	}
}
