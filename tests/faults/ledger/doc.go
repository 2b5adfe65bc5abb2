// Package ledger is what the fault tests remember outside of the server under
// test: messages that prove whose they are and that they are whole, and journals
// of what publishers sent, what they were promised and what readers saw.
//
// A journal is a file of JSON lines that is synced after each one, so that what
// it says is at least as durable as what it is compared with.
package ledger
