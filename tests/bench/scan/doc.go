// Package scan is a gRPC client that reads messages where they lie in a response, as
// nats.go reads them where they lie in its protocol, and makes no generated messages
// of them. It is for comparing servers, where the clients share the machine.
package scan
