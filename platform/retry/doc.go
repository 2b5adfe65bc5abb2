// Package retry says which failures of a call are worth another try, how long to
// wait before it, and when a silent stream counts as dead.
package retry
