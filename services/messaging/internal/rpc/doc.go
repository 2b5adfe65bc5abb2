// Package rpc implements the RPCs of TopicService and MessageService. Handlers
// translate: they decode a request, call the store, a reader or an appender, and
// encode the answer. What an error means to a caller is package translate's.
package rpc
