package main

import (
	"github.com/parleyhq/parley/platform/server"
	"github.com/parleyhq/parley/services/bidirectional"
	"github.com/parleyhq/parley/services/unary"
)

// services returns what `parley serve` serves and needs no flags for. `task new`
// adds a line for a new service.
func services() []server.Service {
	return []server.Service{
		bidirectional.New(),
		unary.New(),
	}
}
