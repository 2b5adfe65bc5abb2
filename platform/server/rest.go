package server

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

const (
	// restCheck is how often the server looks whether it has come to rest, and so how
	// long it must have been at rest.
	restCheck = 5 * time.Second
	// restAllocates is how much it allocates in that time at most: health checks and
	// somebody who reads the metrics do not count as work.
	restAllocates = 1 << 20
	// restGarbage is how much must be there to be given back for a collection to be
	// worth its time.
	restGarbage = 8 << 20
)

// collectAtRest collects garbage when the server has come to rest, and gives the
// memory back to the system, until it is stopped. By itself the collector runs when
// the heap has grown, or after two minutes: what a burst has left would stay until
// then. Where the environment turns the collector off, it stays off.
func collectAtRest() (stop func()) {
	if os.Getenv("GOGC") == "off" {
		return func() {}
	}
	stopped := make(chan struct{})
	var collector sync.WaitGroup
	collector.Go(func() {
		heap := newHeapUse()
		ticker := time.NewTicker(restCheck)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				if heap.resting() {
					debug.FreeOSMemory()
				}
			case <-stopped:
				return
			}
		}
	})
	return func() {
		close(stopped)
		collector.Wait()
	}
}

// heapUse follows the heap from one look to the next. It is for one goroutine.
type heapUse struct {
	samples   []metrics.Sample
	allocated uint64 // in the life of the process, until the last look
}

func newHeapUse() *heapUse {
	return &heapUse{samples: []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/gc/heap/live:bytes"},
	}}
}

// resting reports whether little has been allocated since the last look, and much is
// there to be given back: what was allocated since the last collection, and what
// collections have freed and the system has not got.
func (h *heapUse) resting() bool {
	metrics.Read(h.samples)
	value := func(i int) uint64 { return h.samples[i].Value.Uint64() }
	allocated, objects, free, live := value(0), value(1), value(2), value(3)
	since := allocated - h.allocated
	h.allocated = allocated
	return since <= restAllocates && objects+free >= live+restGarbage
}
