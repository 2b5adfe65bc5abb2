// Command unary serves the unary service alone.
package main

import (
	"os"

	"github.com/parleyhq/parley/platform/standalone"
	"github.com/parleyhq/parley/services/unary"
)

func main() {
	os.Exit(standalone.Main("unary", "Serve the unary service alone.", unary.New()))
}
