package server

import (
	"connectrpc.com/connect/v2"

	"github.com/parleyhq/parley/platform/interceptor"
)

// Service is one service to serve.
type Service struct {
	// Name is the full name of the Protobuf service, for health and logs.
	Name string
	// Register adds the service's methods. Required.
	Register func(*connect.Server)
	// Aliases are further procedure paths that reach a method of the service:
	// alias to procedure, both as "/package.Service/Method". They are routes, not
	// methods: reflection does not list them.
	Aliases map[string]string
	// Permission, where set, is asked for every decoded request of the service.
	Permission interceptor.MessagePermission
	// Close, where set, releases what the service holds. It is called once,
	// after the last call has ended.
	Close func() error
}
