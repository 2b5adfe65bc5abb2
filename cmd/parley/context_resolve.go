package main

import (
	"fmt"
	"os"

	"github.com/alecthomas/kong"

	"github.com/parleyhq/parley/cmd/parley/internal/contexts"
)

// contextResolver gives flags of client commands the values of the context in use.
// Kong asks it for every flag that the command line does not set, also for those
// that the environment sets. It is for one parse.
type contextResolver struct {
	store contexts.Store

	asked  bool
	name   string // "" without a context
	chosen contexts.Context
	err    error // to be looked at after the parse: kong would add a flag's name
}

// Validate implements kong.Resolver.
func (*contextResolver) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver.
func (r *contextResolver) Resolve(ctx *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
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
func (r *contextResolver) choose(ctx *kong.Context, flags map[string]*kong.Flag) (string, contexts.Context, error) {
	given, server := originOf(ctx, flags["context"]), originOf(ctx, flags["server"])
	switch {
	case given > fromNowhere && given == server:
		return "", contexts.Context{}, fmt.Errorf("%w: --context and --server (or PARLEY_CONTEXT and PARLEY_SERVER) both name a server: give one", errUsage)
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
		return name, contexts.Context{Server: defaultServer}, nil
	}
	chosen, err := book.Get(name)
	if err != nil {
		return "", contexts.Context{}, explainContext(err)
	}
	for flag, path := range chosen.Files() {
		if _, err := os.Stat(path); err != nil {
			return "", contexts.Context{}, fmt.Errorf("%w: context %q: --%s: %w", errUsage, name, flag, err)
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
