// Package records reads the log of the embedded engine: it finds records by sequence
// ([Cursor]), copies them into pages ([Fill]), and finds where the logs of all topics end
// ([Ends]). It reads around damage: [NextReadable] and [NewestReadable] say what is left.
package records
