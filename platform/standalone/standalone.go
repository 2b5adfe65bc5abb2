// Package standalone is the main function of a binary that serves: flags,
// logging, signals, exit code. `parley serve` and the services' own commands
// share it.
package standalone

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/parleyhq/parley/platform/server"
)

// Exit codes of a serving process.
const (
	ExitOK     = 0 // stopped by a signal, drained cleanly
	ExitFailed = 1 // could not start, or stopped for another reason
	ExitUsage  = 2 // the command line or configuration is wrong
)

// EnvPrefix starts the environment variable of every flag: --admin-listen is
// PARLEY_ADMIN_LISTEN.
const EnvPrefix = "PARLEY"

// Main parses the command line of a program that serves the given services and
// nothing else, runs it and returns its exit code.
func Main(name, description string, services ...server.Service) int {
	return MainWith(name, description, func(*slog.Logger, struct{}) ([]server.Service, error) { return services, nil })
}

// MainWith is Main for services that have flags of their own: the fields of T,
// with tags for kong. open makes the services from them. What it returns is
// closed when the program ends.
func MainWith[T any](name, description string, open func(*slog.Logger, T) ([]server.Service, error)) int {
	var flags struct {
		server.Config
		Logging

		Service T `embed:""`
	}
	parser := kong.Must(&flags, kong.Name(name), kong.Description(description),
		kong.DefaultEnvars(EnvPrefix), kong.UsageOnError())
	_, err := parser.Parse(os.Args[1:])
	if err != nil {
		parser.Errorf("%s", err)
		return ExitUsage
	}
	log := flags.Logger(os.Stderr)
	ctx, stop := SignalContext(context.Background())
	defer stop()
	listeners, err := server.Listen(ctx, flags.Config)
	if err != nil {
		parser.Errorf("%s", err)
		return ExitFailed
	}
	services, err := open(log, flags.Service)
	if err != nil {
		parser.Errorf("%s", errors.Join(err, listeners.Close()))
		return ExitFailed
	}
	built, err := listeners.Build(ctx, log, server.Info{Name: name, Version: Version()}, services...)
	if err != nil {
		parser.Errorf("%s", errors.Join(err, server.Close(services)))
		return ExitFailed
	}
	if err := built.Run(ctx); err != nil {
		log.Error("stopped", slog.Any("cause", err))
		return ExitFailed
	}
	return ExitOK
}

// SignalContext returns a context that ends at the first SIGINT or SIGTERM. A
// second signal then has its default effect and stops the process at once.
func SignalContext(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// Version returns the module version of the running binary, or "devel" for one
// built from a checkout.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}

// Logging chooses how a serving process logs. Logs go to standard error.
type Logging struct {
	LogFormat string     `default:"text" enum:"text,json" help:"Form of log lines: text or json."`
	LogLevel  slog.Level `default:"info" help:"Least level logged: debug, info, warn or error."`
}

// Logger returns a logger that writes to file.
func (l Logging) Logger(file *os.File) *slog.Logger {
	options := &slog.HandlerOptions{Level: l.LogLevel}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(file, options))
	}
	return slog.New(slog.NewTextHandler(file, options))
}
