// Package delivery reads a topic for a client: from a start on, history first,
// then what is published, without a seam. Subscribe, ReadMessages and Exchange
// share it.
//
// A [Reader] is a place in one topic. Its Next returns the next [Piece], what one
// response carries, without waiting: from the topic's tail in memory if the
// reader has caught up, otherwise from the store. What cannot be delivered any
// more is a gap in the piece. [Reader.Follow] runs a reader for a stream: it waits,
// sends heartbeats, and ends with a last cursor.
//
// Memory is bounded by [Buffers]: what a reader copies for one response, and how
// large that response is.
package delivery
