package server

import (
	"math"
	"os"
	"runtime/debug"
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
	// reservePart is small, because the runtime clears the parts that it does not know
	// to be zero, and clearing occupies memory.
	reservePart = 1 << 20
)

// reserveHeap sets the process's garbage collector to heapReserve and heapGrowth. If
// the environment has a GOGC, that applies instead of heapGrowth. With a GOMEMLIMIT it
// does nothing: the runtime would take the reserve for memory in use. The reserve lasts
// as long as what it returns.
func reserveHeap() [][]byte {
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return nil
	}
	growth := debug.SetGCPercent(-1) // no collection because of the reserve itself
	if os.Getenv("GOGC") == "" {
		growth = heapGrowth
	}
	defer debug.SetGCPercent(growth)
	reserve := make([][]byte, heapReserve/reservePart)
	for i := range reserve {
		reserve[i] = make([]byte, reservePart)
	}
	return reserve
}
