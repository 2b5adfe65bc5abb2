// Package endtoend holds the tests that drive a real Parley server with real
// clients: Parley's own, grpc-go, grpcurl, buf curl, the command line and plain
// HTTP.
package endtoend
