// Package check verifies a data directory that no process has open.
package check
