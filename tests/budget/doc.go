// Package budget guards what a message costs the server, in figures that hold on a
// busy machine: allocations, bytes allocated, system calls and durable writes per
// message. Time is measured by tests/bench.
package budget
