// Package pebblestore is the embedded engine of the store, on Pebble.
//
// One goroutine, the committer, makes every change. It takes all batches that
// are waiting, numbers their messages, encodes those of one topic into one
// record, and writes the records of all topics with one sync. Publishers that
// come meanwhile wait for the next round. So sequence order is commit order, a
// sync is shared by everybody who waits, and nothing about a topic needs a lock
// to be decided. Readers see a message once its round is synced.
//
// A failed write or sync ends the store: nothing of the round is acknowledged,
// and Options.OnFatal is called, which should end the process.
//
// Open compares what it finds with the high-water mark (package mark) before it
// changes anything, and refuses with store.ErrDamaged, or a *store.LossError,
// if acknowledged data is missing. Recover accepts the loss: every topic gets a
// new epoch, as after Restore, which remembers where the earlier ones ended and
// leaps over what they may have issued. What is missing is a gap that readers are
// told of. A damaged table shows when it is read, as such a gap.
//
// The parts that stand by themselves have packages of their own, from the bottom up:
// enginefs and engine are Pebble and the file systems under it, layout says what its
// keys and values are, mark keeps the mark, datadir is the directory around both, records
// reads the log, topics knows the durable state of topics, dedup remembers ids, queue
// holds what waits for the committer, check and salvage work on what no process has open.
// None of them knows this package.
package pebblestore
