package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"time"

	"github.com/parleyhq/parley/tests/faults/load"
	"github.com/parleyhq/parley/tests/faults/verify"
)

var (
	errUsage = errors.New("usage: faultwork load|verify --server URL --topic NAME --dir DIR")
	errWrong = errors.New("the topic is not what its publishers and readers were told")
)

// verifyLimit bounds a check.
const verifyLimit = 5 * time.Minute

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	server := flags.String("server", "", "base `URL` of the server")
	topic := flags.String("topic", "", "the topic")
	dir := flags.String("dir", "", "`directory` of the journals")
	publishers := flags.Int("publishers", 6, "how many publish")
	readers := flags.Int("readers", 2, "how many read")
	seed := flags.Uint64("seed", 1, "of the random choices")
	turn := flags.Int("turn", 0, "which protocols the check reads over")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "load":
		stop, release := signal.NotifyContext(ctx, syscall.SIGTERM)
		defer release()
		return load.Run(ctx, load.Config{
			Server: *server, Topic: *topic, Dir: *dir, Publishers: *publishers, Readers: *readers, Seed: *seed,
		}, stop.Done())
	case "verify":
		ctx, cancel := context.WithTimeout(ctx, verifyLimit)
		defer cancel()
		return check(ctx, out, *server, *topic, *dir, *turn)
	default:
		return fmt.Errorf("%w, not %s", errUsage, args[0])
	}
}

func check(ctx context.Context, out io.Writer, server, topic, dir string, turn int) error {
	report, err := verify.Run(ctx, server, topic, dir, turn)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(report); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	if !report.Clean() {
		return errWrong
	}
	return nil
}
