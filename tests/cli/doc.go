// Package cli holds the tests of the parley command line: what it prints and
// how it exits.
package cli
