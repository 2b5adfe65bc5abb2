package dedup

import (
	"encoding/binary"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
)

// Index maps the newest fingerprints of a topic to sequences, oldest first out.
// It is a ring of entries and an open-addressing table of ring positions, at
// most half full. It is not safe for concurrent use.
type Index struct {
	ring  []entry  // power of two long
	head  uint64   // position of the oldest entry, counting from the beginning
	tail  uint64   // position after the newest
	table []uint32 // ring position + 1, 0 if free; twice as long as the ring
}

type entry struct {
	fp       layout.Fingerprint
	sequence uint64
	age      time.Duration
}

const minSize = 16

// New returns an empty index with room for a number of entries.
func New(room int) *Index {
	size := minSize
	for size < room {
		size *= 2
	}
	return &Index{ring: make([]entry, size), table: make([]uint32, 2*size)}
}

// Len is the number of entries.
func (x *Index) Len() int { return int(x.tail - x.head) }

// Room is the number of entries memory is held for; 0 for nil.
func (x *Index) Room() int {
	if x == nil {
		return 0
	}
	return len(x.ring)
}

// Lookup returns the sequence of a fingerprint.
func (x *Index) Lookup(fp layout.Fingerprint) (sequence uint64, ok bool) {
	slot := x.find(fp)
	if x.table[slot] == 0 {
		return 0, false
	}
	return x.at(slot).sequence, true
}

// Add remembers a fingerprint; if the index holds it, the new sequence replaces
// the old one. Sequences and ages must not decrease from call to call.
func (x *Index) Add(fp layout.Fingerprint, sequence uint64, age time.Duration) {
	if x.Len() == len(x.ring) {
		x.grow()
	}
	at := x.tail & uint64(len(x.ring)-1)
	x.ring[at] = entry{fp: fp, sequence: sequence, age: age}
	x.table[x.find(fp)] = uint32(at) + 1
	x.tail++
}

// Evict forgets the oldest entries until none is from before oldest and at most
// limit are left.
func (x *Index) Evict(oldest time.Duration, limit int) {
	for x.head < x.tail {
		e := &x.ring[x.head&uint64(len(x.ring)-1)]
		if e.age >= oldest && x.Len() <= limit {
			return
		}
		// A fingerprint added again belongs to its newer entry.
		if slot := x.find(e.fp); x.table[slot] != 0 && x.at(slot) == e {
			x.remove(slot)
		}
		x.head++
	}
}

// OldestSequence is the sequence of the oldest entry; ok is false if there is
// none.
func (x *Index) OldestSequence() (sequence uint64, ok bool) {
	if x.Len() == 0 {
		return 0, false
	}
	return x.ring[x.head&uint64(len(x.ring)-1)].sequence, true
}

func (x *Index) at(slot uint64) *entry { return &x.ring[x.table[slot]-1] }

func (x *Index) home(fp layout.Fingerprint) uint64 {
	return binary.LittleEndian.Uint64(fp[:]) & uint64(len(x.table)-1)
}

// find returns the slot that holds fp, or the free slot where it belongs.
func (x *Index) find(fp layout.Fingerprint) uint64 {
	mask := uint64(len(x.table) - 1)
	for slot := x.home(fp); ; slot = (slot + 1) & mask {
		if x.table[slot] == 0 || x.at(slot).fp == fp {
			return slot
		}
	}
}

// remove frees a slot and moves up the entries behind it that would otherwise
// no longer be found.
func (x *Index) remove(slot uint64) {
	mask := uint64(len(x.table) - 1)
	for next := (slot + 1) & mask; x.table[next] != 0; next = (next + 1) & mask {
		home := x.home(x.at(next).fp)
		if (next-home)&mask >= (next-slot)&mask {
			x.table[slot] = x.table[next]
			slot = next
		}
	}
	x.table[slot] = 0
}

func (x *Index) grow() {
	old := *x
	*x = *New(2 * len(old.ring))
	for i := old.head; i < old.tail; i++ {
		e := old.ring[i&uint64(len(old.ring)-1)]
		x.Add(e.fp, e.sequence, e.age)
	}
}
