package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"
	"github.com/willabides/kongplete"

	"github.com/parleyhq/parley/cmd/parley/internal/contexts"
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
	Serve         serveCmd         `cmd:"" help:"Serve all services on one port."`
	Unary         unaryCmd         `cmd:"" help:"Send one message, print it and the answer."`
	Bidirectional bidirectionalCmd `cmd:"" help:"Send messages on a stream and print the answers as they come."`
	Topic         topicCmd         `cmd:"" help:"Create, list, show, change and delete topics."`
	Publish       publishCmd       `cmd:"" help:"Publish messages to a topic."`
	Subscribe     subscribeCmd     `cmd:"" help:"Print the messages of a topic, stored ones and then new ones."`
	Exchange      exchangeCmd      `cmd:"" help:"Talk in a topic: publish what you type, print what others publish."`
	Bench         benchCmd         `cmd:"" help:"Measure a running server."`
	Context       contextCmd       `cmd:"" help:"Name servers, and choose the one that commands call."`
	Store         storeCmd         `cmd:"" help:"Check or recover the data directory of a stopped server."`
	Backup        backupCmd        `cmd:"" help:"Back up a running or stopped server."`
	Restore       restoreCmd       `cmd:"" help:"Make a data directory of a backup."`
	Version       versionCmd       `cmd:"" help:"Print the version."`

	ShowVersion        kong.VersionFlag `name:"version" env:"-" help:"Print the version."`
	InstallCompletions completionsCmd   `cmd:"" help:"Print the lines that turn on completion in your login shell: bash, zsh or fish."`
}

// streams are the standard streams of the process, given to commands so that
// tests can hold them.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run parses the arguments, runs the command and returns the exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	var (
		root cli
		std  = streams{in: in, out: out, err: errOut}
		code = -1

		store    = contexts.UserStore()
		resolver = &contextResolver{store: store}
	)
	parser := kong.Must(&root, append(parsing(resolver),
		kong.Description(description),
		kong.Vars{"version": versionLine()},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Writers(out, errOut),
		kong.Exit(func(exit int) { code = exit }),
	)...)
	if os.Getenv("COMP_LINE") != "" { // the shell asks for words
		completeAlike(parser.Model)
		kongplete.Complete(parser, predictors(store))
		return max(code, exitOK)
	}
	if err := checkText(args); err != nil {
		return report(errOut, err)
	}
	command, err := parser.Parse(args)
	if code >= 0 { // --help has been printed
		return code
	}
	if err != nil {
		return usageError(parser, args, err)
	}
	if resolver.err != nil {
		return report(errOut, resolver.err)
	}
	command.BindTo(std, (*streams)(nil))
	command.Bind(std, store)
	return report(errOut, command.Run(std))
}

// checkText refuses arguments that are not UTF-8: Kong would replace the bytes that
// are not, and another message, key or file would be meant than was given.
func checkText(args []string) error {
	for _, arg := range args {
		if !utf8.ValidString(arg) {
			return fmt.Errorf("%w: %q is not UTF-8, as arguments must be; parley publish takes any bytes from --file or a pipe", errUsage, arg)
		}
	}
	return nil
}

func usageError(parser *kong.Kong, args []string, err error) int {
	parser.Errorf("%s", err)
	if parseErr, ok := errors.AsType[*kong.ParseError](err); ok {
		command := parser.Model.Name
		if selected := parseErr.Context.Selected(); selected != nil {
			command = selected.FullPath() // without its arguments: the line can be pasted
		} else if flag := misplaced(parser.Model, args); flag != "" {
			parser.Errorf("put %s after the command", flag)
		}
		parser.Errorf("see: %s --help", command)
	}
	return exitUsage
}

// misplaced returns the first argument if it is a flag that only commands have.
func misplaced(model *kong.Application, args []string) string {
	if len(args) == 0 || !strings.HasPrefix(args[0], "--") {
		return ""
	}
	given, _, _ := strings.Cut(args[0], "=")
	for _, command := range model.Leaves(true) {
		for _, flag := range command.Flags {
			if "--"+flag.Name == given {
				return given
			}
		}
	}
	return ""
}

// clientContext ends with the first interrupt, so that a client command can be
// stopped at any time. A second one stops the process at once: the first does not
// end a write to a pipe that nobody reads.
func clientContext() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
