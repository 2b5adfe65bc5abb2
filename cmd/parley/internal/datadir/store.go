package datadir

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parleyhq/parley/services/messaging/storage"

	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

// Store is `parley store`.
type Store struct {
	Check   checkCmd   `cmd:"" help:"Read everything in a data directory and verify it."`
	Recover recoverCmd `cmd:"" help:"Make a damaged data directory usable, giving up what is lost."`
}

// Help is shown by `parley store --help`.
func (Store) Help() string {
	return `These read the files of a server that does not run, and call none.

Examples:
  parley store check --data-dir /var/lib/parley/data
  parley store recover --data-dir /var/lib/parley/data`
}

// dataDir is the flag of commands on a stopped server's data.
type dataDir struct {
	DataDir string `default:"./parley-data" help:"The server's data directory. The default is ./parley-data." placeholder:"DIR" type:"path"`
}

var (
	// errDamaged: the command did its work and found damage.
	errDamaged = errors.New("the store is damaged")
	// errRefused: the command needs to be told that a loss is accepted.
	errRefused = errors.New("nothing was changed: repeat with --accept-loss to go on without what is lost, or restore a backup")
)

type checkCmd struct {
	dataDir
	Output render.Output `default:"text" help:"Form of the report: text or json."`
}

// Help is shown by `parley store check --help`.
func (checkCmd) Help() string {
	return `Reads every record and verifies checksums, order and numbering. The server must
not be running; nothing is changed. The exit code is 0 if everything is as it
should be, and 1 if something is damaged.

Examples:
  parley store check
  parley store check --data-dir /var/lib/parley/data --output json`
}

// Run checks and prints the report.
func (c *checkCmd) Run(std console.Streams) error {
	report, err := storage.Check(c.DataDir)
	if err != nil {
		return Explain(err)
	}
	if c.Output == render.JSON {
		err = c.Output.Encode(std.Out, report)
	} else {
		err = printReport(std.Out, report)
	}
	if err == nil && !report.Clean {
		err = fmt.Errorf("%s: %w: see parley store recover --help", c.DataDir, errDamaged)
	}
	return err
}

func printReport(out io.Writer, report storage.Report) error {
	var messages uint64
	for _, topic := range report.Topics {
		messages += topic.Messages
		for _, gap := range topic.Accepted {
			how := "were given up by a recovery"
			if render.Leaps(gap.First, gap.Last) {
				how = "were skipped when the directory was restored or recovered"
			}
			fmt.Fprintf(out, "topic %s: sequences %d to %d %s\n", topic.Name, gap.First, gap.Last, how)
		}
		for _, gap := range topic.Lost {
			fmt.Fprintf(out, "topic %s: sequences %d to %d CANNOT BE READ; readers get a gap\n", topic.Name, gap.First, gap.Last)
		}
		for _, problem := range topic.Problems {
			fmt.Fprintf(out, "topic %s: PROBLEM: %s\n", topic.Name, problem)
		}
	}
	for _, problem := range report.Problems {
		fmt.Fprintf(out, "PROBLEM: %s\n", problem)
	}
	verdict := "clean"
	if !report.Clean {
		verdict = "damaged"
	}
	_, err := fmt.Fprintf(out, "%s: %s, %s\n", verdict, render.Count(uint64(len(report.Topics)), "topic"), render.Count(messages, "message"))
	return err
}

type recoverCmd struct {
	dataDir
	AcceptLoss bool `env:"-" help:"Go on without what is lost."`
}

// Help is shown by `parley store recover --help`.
func (recoverCmd) Help() string {
	return `For a data directory on which the server refuses to start. Without --accept-loss
it only says what is lost, changes nothing and exits with 1. With it, damaged files
are set aside in the directory "damaged", every topic gets a new epoch, and readers
are told of what is missing by a gap. Copy the directory before, and restore a
backup instead where that loses less. The server must not be running.

Examples:
  parley store recover
  parley store recover --data-dir /var/lib/parley/data --accept-loss`
}

// Run recovers, or says what a recovery would give up.
func (c *recoverCmd) Run(std console.Streams) error {
	finding, err := storage.Recover(c.DataDir, c.AcceptLoss)
	if err != nil {
		return Explain(err)
	}
	if finding == nil {
		_, err := fmt.Fprintln(std.Out, "nothing to recover: the server starts on this directory as it is")
		return err
	}
	fmt.Fprintf(std.Out, "found: %v\n", finding)
	switch {
	case !errors.Is(finding, storage.ErrDamaged): // such as a format that is too new
		return finding
	case !c.AcceptLoss:
		return c.preview(std.Out)
	}
	_, err = fmt.Fprintln(std.Out, "recovered: every topic has a new epoch, and readers are told of what is missing")
	return err
}

// preview says what a recovery would give up, as far as it can be known.
func (c *recoverCmd) preview(out io.Writer) error {
	report, err := storage.Check(c.DataDir)
	if err == nil {
		err = printReport(out, report)
	}
	if err != nil {
		return Explain(err)
	}
	return errRefused
}

const hintExists = "Choose a directory that does not exist."

// Explain adds what to do about an error.
func Explain(err error) error {
	switch {
	case errors.Is(err, storage.ErrLocked):
		return fmt.Errorf("%w\nStop the server that uses it first.", err) //nolint:revive,staticcheck // a hint, as client.Explain has them
	case errors.Is(err, storage.ErrNoStore):
		return fmt.Errorf("%w\nCheck the name of the directory.", err) //nolint:revive,staticcheck // a hint
	case errors.Is(err, storage.ErrDamaged):
		return fmt.Errorf("%w\nSee parley store check --help and parley store recover --help.", err) //nolint:revive,staticcheck // a hint
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w\nName a directory that this user may write to, or change who may.", err) //nolint:revive,staticcheck // a hint
	case errors.Is(err, os.ErrExist):
		return fmt.Errorf("%w\n%s", err, hintExists)
	default:
		return err
	}
}
