// Package completion completes a half-typed command line: commands and flags, and
// with them contexts, values, and topics of the server that the line names.
package completion
