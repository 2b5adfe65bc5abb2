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
	// restGarbage is how much must have been allocated since the last collection for
	// another one to be worth its time.
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
		{Name: "/gc/heap/live:bytes"},
	}}
}

// resting reports whether little has been allocated since the last look, and much
// between the last collection and that look.
func (h *heapUse) resting() bool {
	metrics.Read(h.samples)
	allocated, objects, live := h.samples[0].Value.Uint64(), h.samples[1].Value.Uint64(), h.samples[2].Value.Uint64()
	since := allocated - h.allocated
	h.allocated = allocated
	return since <= restAllocates && objects >= live+restGarbage
}
