package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/parleyhq/parley/tools/internal/pinned"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "newservice:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("newservice", flag.ContinueOnError)
	name := flags.String("name", "", "name of the service: lower-case letters and digits, such as billing")
	dryRun := flags.Bool("dry-run", false, "list the files without writing them")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := pinned.Root()
	if err != nil {
		return err
	}
	changes, err := plan(root, *name)
	if err != nil {
		return err
	}
	if !*dryRun {
		if err := write(root, changes); err != nil {
			return err
		}
	}
	for _, change := range changes {
		fmt.Fprintf(out, "%s %s\n", change.verb(), change.path)
	}
	if !*dryRun {
		fmt.Fprintf(out, next, *name, service{*name}.Service())
	}
	return nil
}

const next = `
Next (task new does the first two by itself):
  go tool task generate
  go test ./services/%[1]s/...
  go run ./cmd/parley serve
  curl http://127.0.0.1:8080/parley.%[1]s.v1.%[2]s/GetGreeting --json '{"name": "World"}'
`
