// Package mark keeps the high-water mark: a small file beside the engine's own
// that says what was acknowledged, so that an engine that comes up with less is
// found out.
//
// The engine takes a damaged end of its log for the end of its log, and a
// damaged end of its list of tables likewise, and then throws away what it no
// longer knows. The mark holds the number of the last durable commit, the last
// sequence of every topic, and the length and checksum of the engine's MANIFEST
// as far as it is known to be synced.
//
// The file is a run of entries, each with its own checksum: first everything,
// then what changed. An entry cut short at the end is what a crash leaves, and
// is ignored; damage before the last entry is reported. The file is begun anew
// when it has grown.
package mark
