// Package dedup is the in-memory index of the ids a topic remembers.
//
// It holds fingerprints, not ids: 40 bytes each, 40 MB for the 1,000,000 a topic
// may remember, in two flat tables the garbage collector does not look into. The
// log has them too, next to the records, so an index can be dropped and read
// again: 1,000,000 take about 18 MB of reading.
package dedup
