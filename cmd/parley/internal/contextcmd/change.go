package contextcmd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/parleyhq/parley/platform/client"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/contexts"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

type addCmd struct {
	Server        string           `env:"-" required:"" help:"The server: http://host:port, https://host:port or host:port." placeholder:"ADDRESS"`
	Token         string           `env:"-" xor:"token" help:"Bearer token to send, stored for you alone; - reads it from standard input, which leaves no trace in the shell's history." placeholder:"TOKEN"`
	TokenFile     string           `env:"-" xor:"token" help:"File that holds the bearer token; read again for every call." placeholder:"FILE" type:"existingfile"`
	CAFile        string           `env:"-" help:"PEM file with the authorities to trust instead of the system's." placeholder:"FILE" type:"existingfile" name:"ca-file"`
	ClientCert    string           `env:"-" help:"PEM file with the certificate to present (mutual TLS)." placeholder:"FILE" type:"existingfile"`
	ClientKey     string           `env:"-" help:"PEM file with that certificate's private key." placeholder:"FILE" type:"existingfile"`
	TLSServerName string           `env:"-" help:"Name to expect in the server's certificate." placeholder:"NAME" name:"tls-server-name"`
	Protocol      *client.Protocol `env:"-" help:"RPC protocol: connect, grpc or grpcweb." placeholder:"PROTOCOL" predictor:"protocol"`
	Use           bool             `env:"-" help:"Use it from now on."`
	Replace       bool             `env:"-" help:"Replace a context of this name."`
	Name          string           `arg:"" help:"The context's name: letters, digits, '.', '_' and '-'."`
}

// Help is shown by `parley context add --help`.
func (addCmd) Help() string {
	return `Calls no server. A token is refused for a server whose address is http:// and not
on this machine: it would travel unencrypted.

Examples:
  parley context add local --server 127.0.0.1:8080
  parley context add prod --server https://parley.example.com --token-file ~/.parley-token --use
  parley context add prod --replace --server https://parley.example.com --token - < token
  parley context add stage --server https://10.0.0.7:8443 --ca-file stage-ca.pem`
}

// Run checks the context and stores it.
func (c *addCmd) Run(std console.Streams, store contexts.Store) error {
	if err := c.readToken(std.In); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	added := contexts.Context{
		Server: c.Server, Token: contexts.Secret(c.Token), TokenFile: c.TokenFile,
		CAFile: c.CAFile, ClientCert: c.ClientCert, ClientKey: c.ClientKey, TLSServerName: c.TLSServerName,
	}
	if c.Protocol != nil {
		added.Protocol = c.Protocol.String()
	}
	var current bool
	err := store.Change(func(book *contexts.Book) error {
		if err := book.Add(c.Name, added, c.Replace); err != nil {
			return err
		}
		if c.Use {
			book.Current = c.Name
		}
		current = book.Current == c.Name
		return nil
	})
	if err != nil {
		return connection.ExplainContext(err)
	}
	text := fmt.Sprintf("context %s is added; use it with: %s", c.Name, outcome.CommandLine("context", "use", c.Name))
	if current {
		text = fmt.Sprintf("context %s is added and in use: %s", c.Name, c.Server)
	}
	if _, err := fmt.Fprintln(std.Out, text); err != nil {
		return err
	}
	if current {
		warnOverridden(std.Err)
	}
	return nil
}

// readToken takes the token from standard input where it is -.
func (c *addCmd) readToken(in io.Reader) error {
	if c.Token != "-" {
		return nil
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the token: %w", err)
	}
	if c.Token = strings.TrimSpace(line); c.Token == "" {
		return fmt.Errorf("%w: --token -: standard input has no token", outcome.ErrUsage)
	}
	return nil
}

// check builds the client that the context describes.
func (c *addCmd) check() error {
	w := connection.Wire{
		Token: c.Token, TokenFile: c.TokenFile, CAFile: c.CAFile,
		ClientCert: c.ClientCert, ClientKey: c.ClientKey, TLSServerName: c.TLSServerName,
	}
	if c.Protocol != nil {
		w.Protocol = *c.Protocol
	}
	built, err := w.Dial([]string{c.Server})
	if err != nil {
		return err
	}
	return built.Close()
}

type useCmd struct {
	Name string `arg:"" predictor:"context" help:"The context's name, or default for none."`
}

// Help is shown by `parley context use --help`.
func (useCmd) Help() string {
	return `Examples:
  parley context use prod
  parley context use default`
}

// Run chooses a context.
func (c *useCmd) Run(std console.Streams, store contexts.Store) error {
	err := store.Change(func(book *contexts.Book) error { return book.Use(c.Name) })
	if err != nil {
		return connection.ExplainContext(err)
	}
	if _, err := fmt.Fprintf(std.Out, "context %s is in use\n", c.Name); err != nil {
		return err
	}
	warnOverridden(std.Err)
	return nil
}

// warnOverridden says that the environment names another server than the context in
// use, if it does.
func warnOverridden(out io.Writer) {
	for _, name := range []string{"PARLEY_SERVER", "PARLEY_CONTEXT"} {
		if value := os.Getenv(name); value != "" {
			fmt.Fprintf(out, "parley: %s is set to %s and wins over the context in use: unset %[1]s\n", name, value)
		}
	}
}

type removeCmd struct {
	Name string `arg:"" predictor:"context" help:"The context's name."`
}

// Help is shown by `parley context remove --help`.
func (removeCmd) Help() string {
	return `Its token is removed with it, if it has one. If it was in use, no context is.

Examples:
  parley context remove stage`
}

// Run removes a context.
func (c *removeCmd) Run(std console.Streams, store contexts.Store) error {
	err := store.Change(func(book *contexts.Book) error { return book.Remove(c.Name) })
	if err != nil {
		return connection.ExplainContext(err)
	}
	_, err = fmt.Fprintf(std.Out, "context %s is removed\n", c.Name)
	return err
}
