// Package clients holds the tests that call Parley with software that knows
// nothing of it: grpc-go, with the schema and with classic stubs, grpcurl, buf
// curl and curl.
package clients
