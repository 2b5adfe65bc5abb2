// Package trial measures what needs more than one server under one load: feeds
// with many subscribers, latency at a given rate, growth, memory, start.
//
// A [Bench] says how long and how often. Its Run returns the sections of the
// report. Where servers are compared, each round of each side has a new process
// with an empty folder, sides take turns at being first, and all clients are in
// this process. Nothing is compared across runs.
package trial
