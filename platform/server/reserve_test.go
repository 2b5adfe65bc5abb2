package server

import (
	"math"
	"runtime/debug"
	"sync"
	"testing"
)

// The collector keeps the growth that somebody has chosen, also where servers are built
// at the same time: it must not stay off. Not parallel: there is one collector.
func TestReserveKeepsGrowth(t *testing.T) {
	for _, test := range []struct {
		name, environment string
		before, after     int
	}{
		{"default", "", defaultGrowth, heapGrowth},
		{"environment", "100", 100, 100},
		{"program", "", 75, 75},
		{"off", "off", -1, -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("GOGC", test.environment)
			defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
			defer debug.SetGCPercent(debug.SetGCPercent(test.before))
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() { reserveHeap() })
			}
			all.Wait()
			if got := debug.SetGCPercent(test.before); got != test.after {
				t.Errorf("grows by %d percent, want %d", got, test.after)
			}
		})
	}
}

// With a memory limit nothing is changed: the reserve would count against it.
func TestReserveWithLimit(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 40))
	if reserve := reserveHeap(); reserve != nil {
		t.Errorf("reserved %d parts", len(reserve))
	}
}
