package connection

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"
)

// origin is where a setting comes from; a higher one wins.
type origin int

const (
	fromNowhere origin = iota
	fromEnvironment
	fromCommandLine
)

// originOf says where the value of a flag comes from. A variable that is empty
// counts as not set.
func originOf(ctx *kong.Context, flag *kong.Flag) origin {
	for _, element := range ctx.Path {
		if element.Flag == flag && !element.Resolved {
			return fromCommandLine
		}
	}
	for _, name := range flag.Envs {
		if os.Getenv(name) != "" {
			return fromEnvironment
		}
	}
	return fromNowhere
}

// originOfFlag is originOf for a flag of the command that is called.
func originOfFlag(ctx *kong.Context, name string) origin {
	for _, flag := range ctx.Flags() {
		if flag.Name == name {
			return originOf(ctx, flag)
		}
	}
	return fromNowhere
}

// Given reports whether the command line itself has a flag. What another flag makes
// useless is refused there only: in the environment it is for other commands, too.
func Given(ctx *kong.Context, name string) bool { return originOfFlag(ctx, name) == fromCommandLine }

// AfterApply is called by kong once everything is set. Of two flags that exclude
// each other, the one on the command line replaces the one in the environment or
// in the context, whichever it is.
func (w *Wire) AfterApply(ctx *kong.Context) error {
	if w.Timeout < 0 {
		return fmt.Errorf("--timeout %s: must not be negative", w.Timeout)
	}
	if w.Token != "" && w.TokenFile != "" {
		switch cmp.Compare(originOfFlag(ctx, "token"), originOfFlag(ctx, "token-file")) {
		case 1:
			w.TokenFile = ""
		case -1:
			w.Token = ""
		default:
			return errors.New("--token and --token-file (or PARLEY_TOKEN and PARLEY_TOKEN_FILE) both name a token: give one")
		}
	}
	if w.CAFile != "" && w.InsecureSkipVerify {
		switch cmp.Compare(originOfFlag(ctx, "ca-file"), originOfFlag(ctx, "insecure-skip-verify")) {
		case 1:
			w.InsecureSkipVerify = false
		case -1:
			w.CAFile = ""
		default:
			return errors.New("--ca-file says whom to trust, and --insecure-skip-verify trusts everybody (so do PARLEY_CA_FILE and PARLEY_INSECURE_SKIP_VERIFY): give one")
		}
	}
	return nil
}
