// Package load publishes and reads as many clients do whose server is killed
// now and then: over every RPC, protocol and codec, retrying with the same ids
// until there is a receipt, resuming after the last cursor, and noting in a
// journal what was sent, acknowledged and read (package ledger).
package load
