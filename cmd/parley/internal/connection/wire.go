package connection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parleyhq/parley/platform/client"

	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

// Wire holds the flags every client command has.
type Wire struct {
	Context  string             `help:"Context to use instead of the current one: see parley context --help." placeholder:"NAME" predictor:"context"`
	Protocol client.Protocol    `default:"connect" help:"RPC protocol: connect, grpc or grpcweb." predictor:"protocol"`
	Codec    client.Codec       `default:"proto" help:"Encoding of messages: proto or json." predictor:"codec"`
	HTTP     client.HTTPVersion `default:"2" help:"HTTP version: 2 or 1.1." name:"http" predictor:"http"`
	Output   render.Output      `default:"text" help:"Form of results on standard output: text or json (one object a line)." predictor:"output"`
	Timeout  time.Duration      `help:"Give up after this long. The default is to wait." placeholder:"DURATION"`

	CAFile             string `help:"PEM file with the authorities to trust instead of the system's." placeholder:"FILE" type:"existingfile" name:"ca-file"`
	ClientCert         string `help:"PEM file with the certificate to present (mutual TLS), for a proxy that asks for one: the server does not." placeholder:"FILE" type:"existingfile"`
	ClientKey          string `help:"PEM file with that certificate's private key." placeholder:"FILE" type:"existingfile"`
	TLSServerName      string `help:"Name to expect in the server's certificate." placeholder:"NAME" name:"tls-server-name"`
	InsecureSkipVerify bool   `help:"Accept any certificate. Only for tests."`
	Token              string `help:"Bearer token to send. Others on this machine can see a command line: prefer the variable, --token-file or a context." placeholder:"TOKEN"`
	TokenFile          string `help:"File that holds the bearer token to send; read again for every call. For an authenticating proxy: the server ignores it." placeholder:"FILE" type:"existingfile"`
}

// Dial builds a client of the servers, as the flags say. The caller closes it.
func (c Wire) Dial(servers []string) (*client.Client, error) {
	config := client.Config{
		Addresses: servers,
		Protocol:  c.Protocol,
		Codec:     c.Codec,
		HTTP:      c.HTTP,
		TLS: client.TLS{
			CAFile: c.CAFile, CertFile: c.ClientCert, KeyFile: c.ClientKey,
			ServerName: c.TLSServerName, InsecureSkipVerify: c.InsecureSkipVerify,
		},
		UserAgent: "parley-cli",
	}
	switch {
	case c.TokenFile != "":
		config.Token = tokenFromFile(c.TokenFile)
	case c.Token != "" && !validToken(c.Token):
		return nil, fmt.Errorf("%w: the token has spaces, or characters that no header can carry", outcome.ErrUsage)
	case c.Token != "":
		config.Token = client.StaticToken(c.Token)
	}
	if err := c.checkTLS(servers); err != nil {
		return nil, err
	}
	connected, err := client.New(config)
	if errors.Is(err, client.ErrCleartextToken) {
		return nil, fmt.Errorf("%w: the token would go to %s unencrypted: use an https:// address", outcome.ErrUsage, strings.Join(servers, ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", outcome.ErrUsage, errors.Unwrap(err)) // without "configure client"
	}
	return connected, nil
}

// checkTLS says by the names of the flags what package client says by its own.
func (c Wire) checkTLS(servers []string) error {
	given := c.CAFile != "" || c.ClientCert != "" || c.ClientKey != "" || c.TLSServerName != "" || c.InsecureSkipVerify
	encrypted := slices.ContainsFunc(servers, func(s string) bool { return strings.HasPrefix(s, "https://") })
	switch {
	case (c.ClientCert == "") != (c.ClientKey == ""):
		return fmt.Errorf("%w: --client-cert and --client-key belong together: one is missing", outcome.ErrUsage)
	case given && !encrypted:
		return fmt.Errorf("%w: flags for TLS, such as --ca-file, need an https:// address: %s is none", outcome.ErrUsage, strings.Join(servers, ", "))
	default:
		return nil
	}
}

// Duplex fails if the flags rule out streams in both directions.
func (c Wire) Duplex() error {
	if c.HTTP == client.HTTP1 {
		return fmt.Errorf("%w: a bidirectional stream needs HTTP/2: leave --http 1.1 out", outcome.ErrUsage)
	}
	return nil
}

// Begin returns the context of a command's calls: it ends with an interrupt
// or after --timeout.
func (c Wire) Begin() (context.Context, context.CancelFunc) {
	ctx, stop := console.Interruptible()
	if c.Timeout <= 0 {
		return ctx, stop
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	return ctx, func() { cancel(); stop() }
}
