// Package engine starts the servers that are measured, and is the servers that
// Parley is compared with: grpc-go's, and net/http with encoding/json. Those do
// what Parley's echo services do and nothing else: no validation, metrics,
// request ids or logs.
package engine
