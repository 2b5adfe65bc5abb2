// Package node runs clients of other makers against the real server, in the
// runtimes they were made for: Connect's clients for Node and for browsers,
// gRPC's own client for Node, the package of clients/ts, and, in a real Chromium,
// the pages of examples/browser and Google's gRPC-Web client in both of its modes.
//
// The tests themselves are in TypeScript (src), run by Node's own test runner;
// the Go test of this folder builds them, starts the server and reports. What is
// missing (node, npm, chromium) is skipped by name, and fails the test with
// PARLEY_TEST_STRICT=1.
package node
