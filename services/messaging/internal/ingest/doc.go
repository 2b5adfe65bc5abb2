// Package ingest is the way of batches into the store. An [Appender] appends the
// batches of one stream in order: whatever comes while one append is being synced
// goes into the next one together.
package ingest
