// Command bidirectional serves the bidirectional service alone.
package main

import (
	"os"

	"github.com/parleyhq/parley/platform/standalone"
	"github.com/parleyhq/parley/services/bidirectional"
)

func main() {
	os.Exit(standalone.Main("bidirectional", "Serve the bidirectional service alone.", bidirectional.New()))
}
