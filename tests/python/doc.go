// Package python runs the Python clients of clients/python, and stubs that are
// generated from the classic tutorial schema, against the real server, with
// Debian's grpcio. What is missing is skipped by name, and fails the test with
// PARLEY_TEST_STRICT=1.
package python
