// Package store says what the messaging service needs from durable storage. It
// knows the wire form of a message (package frame) and no RPC.
//
// A topic is a log of messages with contiguous sequences from 1. Its life lasts
// from creation to deletion and has one or more epochs: when a topic is restored
// from a backup, or recovered after a loss of data, a new epoch begins, above
// every sequence that may have been issued before; the topic remembers where the
// earlier ones ended. Epochs are random. No sequence is issued twice in one life.
//
// The unit of the log is the record: the messages that were committed together,
// encoded as they are sent. A record holds at most MaxRecordBytes, or one larger
// message. An engine may store it in smaller ones.
//
// An engine implements Store; package storetest holds the tests every engine
// must pass. Engines differ in how durable a receipt is, which Receipt says.
package store
