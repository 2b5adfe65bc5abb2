// Command faultwork is the workload of the fault tests and its check, each in a
// process of its own, so that nothing they know shares the fate of the server.
//
//	faultwork load --server URL --topic NAME --dir DIR [--publishers 6] [--readers 2] [--seed 1]
//	faultwork verify --server URL --topic NAME --dir DIR [--turn 0]
//
// load publishes and reads until SIGTERM, finishes what it has begun and exits
// with 0. verify prints a report as JSON and exits with 1 if anything is wrong.
package main

import (
	"context"
	"fmt"
	"os"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "faultwork:", err)
		os.Exit(1)
	}
}
