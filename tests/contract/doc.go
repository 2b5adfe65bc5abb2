// Package contract holds tests of the schema itself: which messages its rules
// let through and which they refuse, by the ids that clients may rely on.
package contract
