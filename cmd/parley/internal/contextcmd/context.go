package contextcmd

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/contexts"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

// Command is `parley context`.
type Command struct {
	Add    addCmd    `cmd:"" help:"Add a context: a server, and what it takes to call it."`
	List   listCmd   `cmd:"" help:"List the contexts. The one in use is marked."`
	Use    useCmd    `cmd:"" help:"Choose the context that commands use."`
	Show   showCmd   `cmd:"" help:"Show one context, without its token."`
	Remove removeCmd `cmd:"" help:"Remove a context."`
}

// Help is shown by `parley context --help`.
func (Command) Help() string {
	return `A context is a server with what it takes to call it: token, certificates,
protocol. "parley context use" chooses the one for every command; --context or
PARLEY_CONTEXT chooses one for a command.

What is not in a context takes its default. A flag or its variable in the
environment replaces one setting. --server or PARLEY_SERVER puts the whole context
aside: its token and certificates go to no other server. The name "default" stands
for no context.

Examples:
  parley context add prod --server https://parley.example.com --token-file ~/.parley-token
  parley context use prod
  parley topic list --context default`
}

// shownContext is what may be seen of a context.
type shownContext struct {
	Name    string           `json:"name"`
	Current bool             `json:"current"`
	Token   string           `json:"token"` // where it comes from
	Context contexts.Context `json:"context"`
}

func shown(book contexts.Book, name string, c contexts.Context) shownContext {
	token := "none"
	switch {
	case c.Token != "":
		token = "stored"
	case c.TokenFile != "":
		token = "file"
	}
	c.Token = ""
	current := book.Current == name || book.Current == "" && name == contexts.Default
	return shownContext{Name: name, Current: current, Token: token, Context: c}
}

// listed returns every context that a command can use, "default" first.
func listed(book contexts.Book) []shownContext {
	all := []shownContext{shown(book, contexts.Default, contexts.Context{Server: connection.DefaultServer})}
	for _, name := range book.Names() {
		all = append(all, shown(book, name, book.Contexts[name]))
	}
	return all
}

type listCmd struct {
	Output render.Output `default:"text" help:"Form of results on standard output: text or json (one object a line)."`
}

// Help is shown by `parley context list --help`.
func (listCmd) Help() string {
	return `Examples:
  parley context list
  parley context list --output json`
}

// Run lists the contexts.
func (c *listCmd) Run(std console.Streams, store contexts.Store) error {
	book, err := store.Read()
	if err != nil {
		return err
	}
	if c.Output == render.JSON {
		for _, one := range listed(book) {
			if err := c.Output.Encode(std.Out, one); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSERVER\tTOKEN\tIN USE")
	for _, one := range listed(book) {
		mark := ""
		if one.Current {
			mark = "*"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", one.Name, one.Context.Server, one.Token, mark)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	warnOverridden(std.Err)
	return nil
}

type showCmd struct {
	Output render.Output `default:"text" help:"Form of the result on standard output: text or json."`
	Name   string        `arg:"" optional:"" predictor:"context" help:"The context's name. The default is the one in use."`
}

// Help is shown by `parley context show --help`.
func (showCmd) Help() string {
	return `Examples:
  parley context show
  parley context show prod --output json`
}

// Run shows one context.
func (c *showCmd) Run(std console.Streams, store contexts.Store) error {
	book, err := store.Read()
	if err != nil {
		return err
	}
	all := listed(book)
	i := slices.IndexFunc(all, func(one shownContext) bool {
		return one.Name == c.Name || c.Name == "" && one.Current
	})
	if i < 0 {
		return connection.ExplainContext(fmt.Errorf("%w: %q", contexts.ErrUnknown, c.Name))
	}
	if c.Output == render.JSON {
		return c.Output.Encode(std.Out, all[i])
	}
	return printContext(std.Out, all[i], store.Path())
}

func printContext(out io.Writer, one shownContext, path string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	inUse := "no"
	if one.Current {
		inUse = "yes"
	}
	token := map[string]string{"none": "none", "stored": "stored in " + path, "file": "read from " + one.Context.TokenFile}[one.Token]
	for _, fact := range [][2]string{
		{"name", one.Name},
		{"in use", inUse},
		{"server", one.Context.Server},
		{"token", token},
		{"protocol", one.Context.Protocol},
		{"ca file", one.Context.CAFile},
		{"client certificate", one.Context.ClientCert},
		{"client key", one.Context.ClientKey},
		{"tls server name", one.Context.TLSServerName},
	} {
		if fact[1] != "" {
			fmt.Fprintf(w, "%s:\t%s\n", fact[0], fact[1])
		}
	}
	return w.Flush()
}
