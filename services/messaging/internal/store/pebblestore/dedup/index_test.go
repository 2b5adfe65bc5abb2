package dedup_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/dedup"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
)

// colliding returns fingerprints that crowd into few home slots, so that the
// table's clusters and its deletion are exercised.
func colliding(n uint64) layout.Fingerprint {
	var fp layout.Fingerprint
	binary.LittleEndian.PutUint64(fp[:], n%5)
	binary.LittleEndian.PutUint64(fp[8:], n)
	return fp
}

func TestIndexAgainstMap(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	type item struct {
		fp  layout.Fingerprint
		seq uint64
		age time.Duration
	}
	x := dedup.New(0)
	var fifo []item
	var seq uint64
	var age time.Duration
	for range 20_000 {
		fp := colliding(rng.Uint64N(300))
		want := uint64(0)
		for _, it := range fifo {
			if it.fp == fp {
				want = it.seq
			}
		}
		got, ok := x.Lookup(fp)
		if ok != (want != 0) || got != want {
			t.Fatalf("Lookup = %d, %v; want %d", got, ok, want)
		}
		if !ok {
			seq++
			age += time.Duration(rng.IntN(3))
			x.Add(fp, seq, age)
			fifo = append(fifo, item{fp, seq, age})
		}
		if rng.IntN(10) == 0 {
			oldest, limit := age-time.Duration(rng.IntN(200)), rng.IntN(250)
			x.Evict(oldest, limit)
			for len(fifo) > 0 && (fifo[0].age < oldest || len(fifo) > limit) {
				fifo = fifo[1:]
			}
		}
		if x.Len() != len(fifo) {
			t.Fatalf("Len = %d, want %d", x.Len(), len(fifo))
		}
		if first, ok := x.OldestSequence(); ok != (len(fifo) > 0) || ok && first != fifo[0].seq {
			t.Fatalf("OldestSequence = %d, %v", first, ok)
		}
	}
}

func TestAddAgain(t *testing.T) {
	t.Parallel()
	x := dedup.New(0)
	x.Add(colliding(1), 1, 0)
	x.Add(colliding(1), 2, 1)
	x.Evict(1, 10)
	if got, ok := x.Lookup(colliding(1)); !ok || got != 2 {
		t.Fatalf("Lookup = %d, %v; want 2, true", got, ok)
	}
}

func BenchmarkAddMillion(b *testing.B) {
	for b.Loop() {
		x := dedup.New(1_000_000)
		for i := range uint64(1_000_000) {
			var fp layout.Fingerprint
			binary.LittleEndian.PutUint64(fp[:], i*0x9E3779B97F4A7C15)
			x.Add(fp, i, 0)
		}
	}
}
