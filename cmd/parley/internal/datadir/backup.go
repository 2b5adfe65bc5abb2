package datadir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"github.com/parleyhq/parley/services/messaging/storage"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

// Backup is `parley backup`.
type Backup struct {
	dataDir
	Admin     string        `default:"127.0.0.1:8081" help:"The running server's admin listener, on this machine."`
	Timeout   time.Duration `help:"Give up after this long. The default is to wait as long as the server answers." placeholder:"DURATION"`
	Offline   bool          `env:"-" help:"Read --data-dir itself, while the server is stopped."`
	Directory string        `arg:"" type:"path" help:"Where to write the backup. It must not exist."`
}

// Help is shown by `parley backup --help`.
func (Backup) Help() string {
	return `Asks the server on this machine, through its admin listener, for a copy of its data
as it is at one moment. The server goes on meanwhile and writes the copy itself, so
the directory must be one it may write to. On the same file system files are linked
and take no further space at first: move the backup to another disk or machine.

With --offline the data directory of a stopped server is copied instead. Use only
parley restore to make a data directory of a backup.

Examples:
  parley backup /backup/parley-2026-01-31
  parley backup /backup/parley-2026-01-31 --offline --data-dir /var/lib/parley/data`
}

// AfterApply is called by kong once everything is set.
func (c *Backup) AfterApply(ctx *kong.Context) error {
	switch {
	case c.Offline && connection.Given(ctx, "admin"):
		return errors.New("--admin names a running server, and --offline is for a stopped one: give one")
	case c.Offline && connection.Given(ctx, "timeout"):
		return errors.New("--timeout is for a running server, and --offline for a stopped one: give one")
	case c.Timeout < 0:
		return fmt.Errorf("--timeout %s: must not be negative", c.Timeout)
	case !c.Offline && connection.Given(ctx, "data-dir"):
		return errors.New("--data-dir is for --offline: a running server knows its own directory, and --admin names the server")
	default:
		return nil
	}
}

// Run makes the backup.
func (c *Backup) Run(std console.Streams) error {
	ctx, stop := console.Interruptible()
	defer stop()
	var err error
	if c.Offline {
		err = storage.Backup(ctx, c.DataDir, c.Directory)
		if errors.Is(err, storage.ErrLocked) {
			return fmt.Errorf("%w\nA server uses it: leave --offline out to let the server make the backup.", err) //nolint:revive,staticcheck // a hint
		}
		err = Explain(err)
	} else {
		err = c.ask(ctx, std)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.Out, "backup complete: %s\n", c.Directory)
	return err
}

// ask lets the running server make the backup.
func (c *Backup) ask(ctx context.Context, std console.Streams) error {
	if c.Timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		ctx = limited
	}
	err := admin{address: c.Admin, probeLimit: probeLimit}.backup(ctx, c.Directory)
	if _, undecided := errors.AsType[undecidedError](err); undecided {
		return outcome.Conclude(std.Err, err, "the server may still complete the backup: look for "+c.Directory)
	}
	return err
}

// Restore is `parley restore`.
type Restore struct {
	dataDir
	Backup string `arg:"" type:"existingdir" help:"The backup's directory. It is not changed."`
}

// Help is shown by `parley restore --help`.
func (Restore) Help() string {
	return `Copies a backup into a data directory that does not exist or is empty, for a server
to start on. Every topic gets a new epoch: what was published after the backup is
not in it, and readers that come back with their old cursors are told by a gap.

New messages get sequences about 10^12 (2^40) above those in the backup. Nobody
knows how many were published after it, and no sequence is ever used twice.

Examples:
  parley restore /backup/parley-2026-01-31
  parley restore /backup/parley-2026-01-31 --data-dir /var/lib/parley/data`
}

// Run restores the backup.
func (c *Restore) Run(std console.Streams) error {
	err := storage.Restore(c.Backup, c.DataDir)
	switch {
	case errors.Is(err, storage.ErrNoBackup):
		return err
	case errors.Is(err, storage.ErrDamaged):
		return fmt.Errorf("%w\nUse another backup: this one is damaged.", err) //nolint:revive,staticcheck // a hint
	case errors.Is(err, os.ErrExist):
		return fmt.Errorf("%w\nChoose another --data-dir, or move this one away.", err) //nolint:revive,staticcheck // a hint
	case err != nil:
		return Explain(err)
	}
	_, err = fmt.Fprintf(std.Out, "restored into %s; start it with: %s\n", c.DataDir, outcome.CommandLine("serve", "--data-dir", filepath.Clean(c.DataDir)))
	return err
}
