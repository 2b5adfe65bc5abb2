package connection

import (
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"

	"github.com/parleyhq/parley/platform/standalone"

	"github.com/parleyhq/parley/cmd/parley/internal/contexts"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

// Resolver gives flags of client commands the values of the context in use.
// Kong asks it for every flag that the command line does not set, also for those
// that the environment sets. It is for one parse.
type Resolver struct {
	store contexts.Store

	asked  bool
	name   string // "" without a context
	chosen contexts.Context
	err    error // to be looked at after the parse: kong would add a flag's name
}

// NewResolver returns a resolver for one parse, which reads the contexts of store.
func NewResolver(store contexts.Store) *Resolver { return &Resolver{store: store} }

// Err says why the context in use has none of its values, if it could not be read.
func (r *Resolver) Err() error { return r.err }

// Options returns how every parser of this program reads its settings.
func (r *Resolver) Options() []kong.Option {
	return []kong.Option{
		kong.Name("parley"),
		kong.DefaultEnvars(standalone.EnvPrefix),
		kong.Resolvers(r),
	}
}

// Validate implements kong.Resolver.
func (*Resolver) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver.
func (r *Resolver) Resolve(ctx *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	flags := map[string]*kong.Flag{}
	for _, f := range parent.Flags {
		flags[f.Name] = f
	}
	if flags["context"] == nil { // no client command
		return nil, nil //nolint:nilnil // what kong asks for
	}
	if !r.asked {
		r.asked = true
		r.name, r.chosen, r.err = r.choose(ctx, flags)
	}
	if flag.Name == "context" {
		return r.name, nil
	}
	if other, pair := map[string]string{"token": "token-file", "token-file": "token"}[flag.Name]; pair {
		if originOf(ctx, flags[other]) > fromNowhere {
			return nil, nil //nolint:nilnil // the other one replaces what the context says
		}
	}
	// A context that is in use has won over every other server: what it says about
	// credentials goes to its own server.
	if originOf(ctx, flag) > fromNowhere && flag.Name != "server" {
		return nil, nil //nolint:nilnil // it stays as it is
	}
	if value := settings(r.chosen)[flag.Name]; value != "" {
		return value, nil
	}
	return nil, nil //nolint:nilnil // the default
}

// choose returns the context in use and its name, "" for none.
func (r *Resolver) choose(ctx *kong.Context, flags map[string]*kong.Flag) (string, contexts.Context, error) {
	given, server := originOf(ctx, flags["context"]), originOf(ctx, flags["server"])
	switch {
	case given > fromNowhere && given == server:
		return "", contexts.Context{}, fmt.Errorf("%w: --context and --server (or PARLEY_CONTEXT and PARLEY_SERVER) both name a server: give one", outcome.ErrUsage)
	case server > given:
		return "", contexts.Context{}, nil
	}
	book, err := r.store.Read()
	if err != nil {
		return "", contexts.Context{}, err
	}
	name := book.Current
	if given > fromNowhere {
		name = fmt.Sprint(ctx.FlagValue(flags["context"]))
	}
	switch name {
	case "":
		return "", contexts.Context{}, nil
	case contexts.Default:
		return name, contexts.Context{Server: DefaultServer}, nil
	}
	chosen, err := book.Get(name)
	if err != nil {
		return "", contexts.Context{}, ExplainContext(err)
	}
	for flag, path := range chosen.Files() {
		if _, err := os.Stat(path); err != nil {
			return "", contexts.Context{}, fmt.Errorf("%w: context %q: --%s: %w", outcome.ErrUsage, name, flag, err)
		}
	}
	return name, chosen, nil
}

// settings returns what a context says, by the names of the flags.
func settings(c contexts.Context) map[string]string {
	return map[string]string{
		"server": c.Server, "token": string(c.Token), "token-file": c.TokenFile,
		"ca-file": c.CAFile, "client-cert": c.ClientCert, "client-key": c.ClientKey,
		"tls-server-name": c.TLSServerName, "protocol": c.Protocol,
	}
}

// ExplainContext says what to do about an error of the contexts.
func ExplainContext(err error) error {
	switch {
	case errors.Is(err, contexts.ErrUnknown):
		return fmt.Errorf("%w: %w\nSee those there are with: %s", outcome.ErrUsage, err, outcome.CommandLine("context", "list"))
	case errors.Is(err, contexts.ErrExists):
		return fmt.Errorf("%w: %w: add --replace to put this one in its place", outcome.ErrUsage, err)
	case errors.Is(err, contexts.ErrName):
		return fmt.Errorf("%w: %w", outcome.ErrUsage, err)
	default:
		return err
	}
}
