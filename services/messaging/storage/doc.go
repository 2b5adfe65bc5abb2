// Package storage operates on the data directory of the messaging service: check,
// recover, back up and restore. Except for [BackupHandler] it is for a directory
// that no server uses.
package storage
