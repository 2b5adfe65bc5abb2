// Package engine opens Pebble as the store needs it: on package enginefs, with tables cut
// so that records are not written again and again, with its words in the log of the
// server, and told from the outside whether it can go on.
package engine
