// Package datadir is the data directory around the engine's: its lock, the version of its
// format, and the names of what is in it.
package datadir
