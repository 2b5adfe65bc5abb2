package main

import (
	"fmt"
	"runtime"

	"github.com/parleyhq/parley/platform/standalone"

	"github.com/parleyhq/parley/cmd/parley/internal/console"
)

type versionCmd struct{}

// Help is shown by `parley version --help`.
func (versionCmd) Help() string {
	return `Prints one line: the version, the Go that built it, and the platform it is for.

Examples:
  parley version`
}

// Run prints the version of the binary and of the Go that built it.
func (versionCmd) Run(std console.Streams) error {
	_, err := fmt.Fprintln(std.Out, versionLine())
	return err
}

func versionLine() string {
	return fmt.Sprintf("parley %s %s %s/%s", standalone.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
