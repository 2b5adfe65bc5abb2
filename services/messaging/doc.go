// Package messaging is Parley's durable log: topics and their messages, published
// and read through parley.messaging.v1.
//
// [New] opens the store in a data directory; the result is what a server needs:
//
//	log, err := messaging.New(logger, config)
//	...
//	built, err := server.Build(ctx, logger, info, serverConfig, log.Services()...)
//
// The way of a message: a handler (internal/rpc) hands a batch, encoded once
// (internal/ingest), to the store, which commits it together with others. From
// there the record goes to the tails (internal/tail), where live readers take it,
// and readers that are behind read it from the store (internal/delivery).
package messaging
