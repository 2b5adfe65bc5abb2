// Package load drives a server for a while and measures what came back.
//
// All workloads are closed loops: a caller sends its next message when an earlier
// one has been answered. What is measured is how fast the server answers, not how
// long a queue can grow. Answers are checked.
package load
