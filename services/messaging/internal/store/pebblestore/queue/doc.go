// Package queue is the way of changes to the one goroutine that makes them, the committer:
// a bounded [Queue] that it takes whole, so that all who wait share a sync.
package queue
