// Package engine starts the servers that are measured, and is the servers that
// Parley is compared with: grpc-go's, net/http with encoding/json, as an echo and
// as a feed that clients poll, and nats-server with its JetStream. The first two do
// what Parley's services do and nothing else: no validation, metrics, request ids
// or logs. nats-server is as it comes, with or without SyncAlways.
package engine
