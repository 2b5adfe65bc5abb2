// Command pin installs pinned tools and starts them.
//
//	go tool pin SET            install a set: pinned, lint, heavy or npm
//	go tool pin SET TOOL ARG…  install it if needed, then run one of its tools
//
// It is quick when nothing is to be done. buf.gen.yaml uses it, so that a bare
// `buf generate` always runs the pinned plugins.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/parleyhq/parley/tools/internal/pinned"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("usage: pin SET [TOOL ARG...]")
	}
	root, err := pinned.Root()
	if err != nil {
		return err
	}
	if len(args) == 1 {
		return pinned.Install(root, args[0])
	}
	return pinned.Exec(root, args[0], args[1], args[2:])
}
