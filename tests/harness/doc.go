// Package harness runs the real parley binary for end-to-end tests.
//
// [Start] builds the binary (with the race detector when the tests have it),
// starts `parley serve` on free ports and waits until it is ready. When the test
// ends, the server is stopped with SIGTERM, and the test fails unless it drained
// and exited with 0, logged no error and reported no data race. What it printed
// goes to the log of a test that failed.
//
// [Tool] and [Slow] say by name what a test needs and does not have. With
// PARLEY_TEST_STRICT=1 nothing is skipped: a missing tool fails the test.
package harness
