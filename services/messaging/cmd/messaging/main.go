// Command messaging serves topics and messages alone.
package main

import (
	"log/slog"
	"os"

	"github.com/parleyhq/parley/platform/server"
	"github.com/parleyhq/parley/platform/standalone"
	"github.com/parleyhq/parley/services/messaging"
)

func main() {
	os.Exit(standalone.MainWith("messaging", "Serve topics and messages alone.", open))
}

func open(log *slog.Logger, config messaging.Config) ([]server.Service, error) {
	service, err := messaging.New(log, config)
	if err != nil {
		return nil, err
	}
	return service.Services(), nil
}
