// Package exchange runs the RPC Exchange: publishes and subscriptions of many
// topics over one stream.
//
// The handler's goroutine receives commands. Publishes go through an
// [ingest.Appender], whose outcomes one goroutine sends as results, in order.
// Each subscription is a goroutine that reads and sends for itself. They take
// turns at sending; nothing waits in a queue but results, and of those at most
// so many that the client is expected to read first (see resultRoom).
//
// Every goroutine ends with the stream, and [Serve] waits for all of them. If one
// panics, the stream ends with INTERNAL.
package exchange
