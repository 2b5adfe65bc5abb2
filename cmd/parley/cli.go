package main

import (
	"io"

	"github.com/alecthomas/kong"

	"github.com/parleyhq/parley/cmd/parley/internal/bench"
	"github.com/parleyhq/parley/cmd/parley/internal/completion"
	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/contextcmd"
	"github.com/parleyhq/parley/cmd/parley/internal/contexts"
	"github.com/parleyhq/parley/cmd/parley/internal/datadir"
	"github.com/parleyhq/parley/cmd/parley/internal/exchange"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
	"github.com/parleyhq/parley/cmd/parley/internal/probe"
	"github.com/parleyhq/parley/cmd/parley/internal/publish"
	"github.com/parleyhq/parley/cmd/parley/internal/subscribe"
	"github.com/parleyhq/parley/cmd/parley/internal/topics"
)

const description = `Durable, ordered messaging whose whole API is a versioned Protobuf schema.

Start a server with "parley serve", then call it from another terminal, with
curl, from a browser or from any language's generated stubs.

Flags can be given in the environment where their help names a variable:
--server is PARLEY_SERVER. "parley context" gives names to servers.

Exit codes: 0 success, 1 the call or the server failed, 2 wrong usage,
3 the server cannot be reached, is shutting down or is short of disk space
(trying again may help), 130 interrupted.`

// cli is the command line. Kong reads the tags.
type cli struct {
	Serve         serveCmd            `cmd:"" help:"Serve all services on one port."`
	Unary         probe.Unary         `cmd:"" help:"Send one message, print it and the answer."`
	Bidirectional probe.Bidirectional `cmd:"" help:"Send messages on a stream and print the answers as they come."`
	Topic         topics.Command      `cmd:"" help:"Create, list, show, change and delete topics."`
	Publish       publish.Command     `cmd:"" help:"Publish messages to a topic."`
	Subscribe     subscribe.Command   `cmd:"" help:"Print the messages of a topic, stored ones and then new ones."`
	Exchange      exchange.Command    `cmd:"" help:"Talk in a topic: publish what you type, print what others publish."`
	Bench         bench.Command       `cmd:"" help:"Measure a running server."`
	Context       contextcmd.Command  `cmd:"" help:"Name servers, and choose the one that commands call."`
	Store         datadir.Store       `cmd:"" help:"Check or recover the data directory of a stopped server."`
	Backup        datadir.Backup      `cmd:"" help:"Back up a running or stopped server."`
	Restore       datadir.Restore     `cmd:"" help:"Make a data directory of a backup."`
	Version       versionCmd          `cmd:"" help:"Print the version."`

	ShowVersion        kong.VersionFlag  `name:"version" env:"-" help:"Print the version."`
	InstallCompletions completion.Script `cmd:"" help:"Print the lines that turn on completion in your login shell: bash, zsh or fish."`
}

// run parses the arguments, runs the command and returns the exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	var (
		root cli
		std  = console.Streams{In: in, Out: out, Err: errOut}
		code = -1

		store    = contexts.UserStore()
		resolver = connection.NewResolver(store)
	)
	parser := kong.Must(&root, append(resolver.Options(),
		kong.Description(description),
		kong.Vars{"version": versionLine()},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Writers(out, errOut),
		kong.Exit(func(exit int) { code = exit }),
	)...)
	if completion.Complete(parser, store) {
		return max(code, outcome.OK)
	}
	if err := checkText(args); err != nil {
		return outcome.Report(errOut, err)
	}
	command, err := parser.Parse(args)
	if code >= 0 { // --help has been printed
		return code
	}
	if err != nil {
		return usageError(parser, args, err)
	}
	if resolver.Err() != nil {
		return outcome.Report(errOut, resolver.Err())
	}
	command.Bind(std, store)
	return outcome.Report(errOut, command.Run())
}
