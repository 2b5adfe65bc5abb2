// Package ingest is the way of messages into the store: it checks them, encodes
// them once, and appends them.
//
// [Valid] is a quick check that says of almost every good request that it is
// good; whatever it does not know goes through the schema's rules. [Encode]
// makes a batch of the store. An [Appender] appends the batches of one stream in
// order: whatever comes while one append is being synced goes into the next one
// together.
package ingest
