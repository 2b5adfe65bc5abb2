package main

import (
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// nameForm is what Protobuf, Go and Python packages, folders and URLs agree on.
// The length keeps one-letter names out, which variables use.
var nameForm = regexp.MustCompile(`^[a-z][a-z0-9]{1,31}$`)

// versionForm is a part of every contract's path, next to the name.
var versionForm = regexp.MustCompile(`^v[0-9]+$`)

// reserved are names that mean something else to the Go command, and the
// keywords of Python that are not Go's: its stubs could not be imported.
var reserved = []string{
	"internal", "main", "test", "testdata", "vendor",
	"and", "as", "assert", "async", "await", "class", "def", "del", "elif", "except", "finally", "from",
	"global", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "try", "while", "with", "yield",
}

var errName = errors.New("the name cannot be used")

// checkName refuses names that are malformed, reserved or taken. The folders of
// all services are looked at: a name once used stays in its callers' code.
func checkName(root, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: none is given, try NAME=billing", errName)
	case !nameForm.MatchString(name):
		return fmt.Errorf("%w: %q is not 2 to 32 lower-case letters and digits, starting with a letter", errName, name)
	case token.IsKeyword(name), types.Universe.Lookup(name) != nil, slices.Contains(reserved, name), versionForm.MatchString(name):
		return fmt.Errorf("%w: %q is reserved in one of the languages that code is generated for", errName, name)
	}
	for _, folder := range []string{"proto/parley", "services", "gen/parley"} {
		path := filepath.Join(folder, name)
		if _, err := os.Lstat(filepath.Join(root, path)); !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%w: %s exists", errName, path)
		}
	}
	return nil
}
