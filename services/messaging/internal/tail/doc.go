// Package tail keeps the newest records of topics in memory, for the readers
// that have caught up.
//
// It is how one published message reaches many subscribers without queues: the
// store hands each record it has committed to [Tails.Commit], once, and every
// reader of the topic takes the same bytes from there. There is no buffer for a
// reader, and nobody waits for one: a reader that is too slow finds its place
// gone and reads from the store until it has caught up again.
//
// A topic has a tail only while somebody reads it. The memory of all tails
// together is bounded: the oldest record goes first, whatever its topic.
package tail
