package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/parleyhq/parley/tests/bench/report"
	"github.com/parleyhq/parley/tests/bench/trial"
)

type settings struct {
	round    time.Duration
	rounds   int
	only     *regexp.Regexp
	parley   string
	against  string
	dataDir  string
	sizes    sizes
	scale    trial.Scale
	settle   bool // warm a server up, and let it come to rest before and after a round
	json     bool
	markdown bool
	update   string // a document
}

var errArguments = errors.New("wrong arguments")

func parse(args []string, out io.Writer) (settings, error) {
	var (
		s           settings
		only        string
		quick, full bool
	)
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.DurationVar(&s.round, "round", time.Second, "time to drive one server in one round")
	flags.IntVar(&s.rounds, "rounds", 3, "rounds of each pair")
	flags.StringVar(&only, "only", "", "run only rows and sections whose name matches this regular expression")
	flags.StringVar(&s.parley, "parley", "", "parley binary to measure (default: built from this checkout)")
	flags.StringVar(&s.against, "against", "", "compare with this other parley binary, not with other servers")
	flags.StringVar(&s.dataDir, "data-dir", "", "folder on a disk for what the servers store, deleted afterwards (default: the system's for temporary files)")
	flags.BoolVar(&quick, "quick", false, "one short round of each row: does it run?")
	flags.BoolVar(&full, "full", false, "large sizes as well: messages of 1 KiB, replays of 1,000,000 messages, 100,000 topics, 10,000,000 messages stored")
	flags.BoolVar(&s.json, "json", false, "write every sample as JSON")
	flags.BoolVar(&s.markdown, "markdown", false, "write the tables of docs/benchmarks.md")
	flags.StringVar(&s.update, "update", "", "replace the tables in this document, docs/benchmarks.md, and write them as text")
	if err := flags.Parse(args); err != nil {
		return s, fmt.Errorf("%w: %w", errArguments, err)
	}
	s.settle, s.sizes = true, sizes{messages: []int{128}, replay: 200_000}
	if full {
		s.sizes, s.scale = sizes{messages: []int{128, 1024}, replay: 1_000_000}, trial.Full
	}
	if quick {
		s.round, s.rounds, s.settle, s.sizes.replay = 100*time.Millisecond, 1, false, 10_000
		s.scale = trial.Quick
	}
	if s.rounds < 1 || s.round <= 0 || flags.NArg() > 0 || s.json && s.markdown {
		return s, fmt.Errorf("%w: --round and --rounds must be positive, --json excludes --markdown, and nothing else is read", errArguments)
	}
	var err error
	if s.only, err = regexp.Compile(only); err != nil {
		return s, fmt.Errorf("%w: --only: %w", errArguments, err)
	}
	return s, nil
}

func (s settings) write(result report.Report, out io.Writer) error {
	if s.update != "" {
		if err := result.Update(s.update); err != nil {
			return err
		}
	}
	switch {
	case s.json:
		return result.JSON(out)
	case s.markdown:
		return result.Markdown(out)
	default:
		return result.Text(out)
	}
}
