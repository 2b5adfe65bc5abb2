package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/parleyhq/parley/platform/server"
	"github.com/parleyhq/parley/platform/standalone"
	"github.com/parleyhq/parley/services/messaging"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/datadir"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

type serveCmd struct {
	server.Config
	standalone.Logging

	Messaging messaging.Config `embed:""`
}

// Help is shown by `parley serve --help`.
func (serveCmd) Help() string {
	return `Needs no flags on a developer's machine. Without identity it serves loopback only.

SIGTERM or Ctrl-C drains: readiness turns false, open calls end, then the process
exits. A second signal stops it at once.

Examples:
  parley serve
  parley serve --listen 127.0.0.1:0 --admin-listen ""
  parley serve --tls-cert cert.pem --tls-key key.pem
  parley serve --cors-origin https://app.example.com`
}

// Run serves until a signal ends it.
func (c *serveCmd) Run(std console.Streams) error {
	ctx, stop := standalone.SignalContext(context.Background())
	defer stop()
	info := server.Info{Name: "parley", Version: standalone.Version()}
	logger := c.Logger(os.Stderr)
	listeners, err := server.Listen(ctx, c.Config) // before there is a data directory
	if err != nil {
		return err
	}
	log, err := messaging.New(logger, c.Messaging)
	if err != nil {
		return errors.Join(datadir.Explain(err), listeners.Close())
	}
	all := append(services(), log.Services()...)
	built, err := listeners.Build(ctx, logger, info, all...)
	if err != nil {
		return errors.Join(err, server.Close(all))
	}
	greet(std.Out, built, c.Messaging.DataDir)
	return built.Run(ctx)
}

// greet tells a newcomer what to try, shortest first.
func greet(out io.Writer, built *server.Server, dataDir string) {
	url := built.URL()
	curl, buf, server := "curl", "buf curl --http2-prior-knowledge", ""
	if url != connection.DefaultServer {
		server = " --server " + url
	}
	if strings.HasPrefix(url, "https:") { // the certificate may be for another name than the address
		curl, buf, server = "curl --insecure", "buf curl --insecure", server+" --insecure-skip-verify"
	}
	fmt.Fprintf(out, `Parley serves gRPC, gRPC-Web and Connect on %[1]s. Try, in another terminal:

  %[2]s %[1]s/parley.unary.v1.UnaryService/GetServerResponse \
    --json '{"message": "Hello Server you there?"}'
  %[4]s topic create orders%[5]s
  %[4]s publish orders "first order"%[5]s
  %[4]s subscribe orders%[5]s
  %[3]s --list-methods %[1]s

`, url, curl, buf, outcome.Command(), server)
	if admin := built.AdminAddr(); admin != "" {
		fmt.Fprintf(out, "Metrics, profiles and readiness: http://%s/metrics\n", admin)
	}
	fmt.Fprintf(out, "Data: %s\nProcess: %d. Ctrl-C stops it.\n\n", dataDir, os.Getpid())
}
