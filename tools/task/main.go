// Command task starts the pinned Task runner, so that `go tool task` works
// from anywhere in the workspace without Task's many dependencies in it.
package main

import (
	"fmt"
	"os"

	"github.com/parleyhq/parley/tools/internal/pinned"
)

func main() {
	root, err := pinned.Root()
	if err == nil {
		err = pinned.Exec(root, "pinned", "task", os.Args[1:])
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
