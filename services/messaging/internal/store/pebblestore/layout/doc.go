// Package layout is the key and value format of the embedded engine.
//
// A topic's data hangs on its log number, drawn at random when the topic is
// created and never used again, so deleting a topic is deleting key ranges, and
// a topic's epoch can change while its records stay.
//
//	'c'                    commit number, running age       with every batch
//	't' name               topic: definition, epoch, log    JSON
//	'l' log                low water: the first sequence stored
//	'r' log first          record: header and frames        immutable
//	'i' log first          ids of a record                  immutable
//	'x' log                a deleted log, until the mark forgets it
//
// Numbers in keys are big endian, elsewhere little endian.
package layout
