package server

import (
	"math"
	"os"
	"runtime/debug"
	"sync"
)

const (
	// heapReserve is memory that is counted as used and never touched, so it
	// occupies addresses but no memory. The collector runs when the heap has grown by
	// heapGrowth percent: without the reserve, a server that holds little would
	// collect after every 4 MB, which is every few hundred calls, and spend an eighth
	// of its time on it.
	heapReserve = 64 << 20
	// heapGrowth is what Go calls GOGC. Its default of 100 would make every byte that
	// a thousand idle streams hold cost two.
	heapGrowth = 50
	// defaultGrowth is what applies where nobody has chosen.
	defaultGrowth = 100
	// reservePart is small, because the runtime clears the parts that it does not know
	// to be zero, and clearing occupies memory.
	reservePart = 1 << 20
)

// reserving guards the settings of the collector, of which a process has one, while
// servers are built at the same time: what one restores must not be what another has
// set for a moment.
var reserving sync.Mutex //nolint:gochecknoglobals // the process's, as the collector is

// reserveHeap sets the process's garbage collector to heapReserve and heapGrowth.
// Growth that the environment or the program has chosen, with a GOGC or
// debug.SetGCPercent, stays. With a memory limit it does nothing: the runtime would
// take the reserve for memory in use. The reserve lasts as long as what it returns.
func reserveHeap() [][]byte {
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return nil
	}
	reserving.Lock()
	defer reserving.Unlock()
	growth := debug.SetGCPercent(-1) // no collection because of the reserve itself
	if os.Getenv("GOGC") == "" && growth == defaultGrowth {
		growth = heapGrowth
	}
	defer debug.SetGCPercent(growth)
	reserve := make([][]byte, heapReserve/reservePart)
	for i := range reserve {
		reserve[i] = make([]byte, reservePart)
	}
	return reserve
}
