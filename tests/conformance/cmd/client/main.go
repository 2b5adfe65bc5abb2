// Command client is the client under test: it makes the calls that the suite
// writes to stdin, through the platform's client, and reports on stdout how
// each one ended. It ends with its input or on SIGTERM.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := call(ctx, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "client under test:", err)
		os.Exit(1)
	}
}
