package server

import (
	"runtime"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

// What a burst leaves is collected once the server rests, and not while it works. Not
// parallel: there is one heap.
func TestCollectAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer collectAtRest()()
		defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it alone collects
		before := forcedCollections()
		for range 5 {
			makeGarbage(2*restGarbage, 64<<10)
			pass(restCheck)
		}
		if n := forcedCollections() - before; n != 0 {
			t.Errorf("%d collections while it works", n)
		}
		pass(restCheck)
		if n := forcedCollections() - before; n != 1 {
			t.Errorf("%d collections when it has come to rest, want 1", n)
		}
		pass(10 * restCheck)
		if n := forcedCollections() - before; n != 1 {
			t.Errorf("%d collections after a long rest, want 1", n)
		}
	})
}

// What the collector has freed by itself goes back to the system too.
func TestFreedAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer collectAtRest()()
		pass(3 * restCheck) // what other tests have left
		makeGarbage(4*restGarbage, 4*restGarbage)
		runtime.GC()
		before := released()
		pass(3 * restCheck)
		if n := int64(released() - before); n < restGarbage {
			t.Errorf("%d bytes were given back, want at least %d", n, restGarbage)
		}
	})
}

// Where the collector is off, garbage stays.
func TestCollectAtRestOff(t *testing.T) {
	t.Setenv("GOGC", "off")
	synctest.Test(t, func(t *testing.T) {
		defer collectAtRest()()
		before := forcedCollections()
		makeGarbage(2*restGarbage, 64<<10)
		pass(10 * restCheck)
		if n := forcedCollections() - before; n != 0 {
			t.Errorf("%d collections, want none", n)
		}
	})
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// makeGarbage makes it in parts, one after the other.
func makeGarbage(size, part int) {
	for range size / part {
		garbage = make([]byte, part)
	}
	garbage = nil
}

// garbage keeps the compiler from leaving the allocation out.
var garbage []byte //nolint:gochecknoglobals // see above

// released returns how much of the heap's memory the system has.
func released() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapReleased
}

func forcedCollections() uint32 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.NumForcedGC
}
