// Package outcome is how a command ends: its exit code, what is said about its
// error, and lines to paste that call this program again.
package outcome
