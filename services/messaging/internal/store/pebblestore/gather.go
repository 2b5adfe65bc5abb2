package pebblestore

import (
	"runtime"
	"runtime/metrics"
	"time"
)

const (
	// gatherBytes is how much a round may write and still cost little more than
	// its sync.
	gatherBytes = 256 << 10
	// gatherSyncs is how long the committer waits at most, in syncs.
	gatherSyncs = 2
	// maxPause bounds what counts as a sync there.
	maxPause = 5 * time.Millisecond
)

// gather lets publishers gather before the next round, where that costs nobody
// anything: after a small round of several, while more goroutines are ready to run
// than the processors can take up. Those who are to publish next are among them. A
// sync now would take time from them, and serve few; what they publish meanwhile
// shares the next one. Where processors are free, the next round begins at once.
func (s *Store) gather() {
	last := s.last
	if last.Batches < 2 || last.Bytes > gatherBytes {
		return
	}
	for range gatherSyncs {
		if !s.crowd.waits() {
			return
		}
		s.crowd.pause.Reset(min(last.Sync, maxPause))
		<-s.crowd.pause.C
	}
}

// crowd is the goroutines that are ready to run. It is for one goroutine.
type crowd struct {
	sample []metrics.Sample
	pause  *time.Timer
}

func newCrowd() crowd {
	c := crowd{[]metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}}, time.NewTimer(0)}
	<-c.pause.C
	return c
}

// waits reports whether there are more of them than the processors will have taken
// up in a moment: four for each.
func (c crowd) waits() bool {
	metrics.Read(c.sample)
	return c.sample[0].Value.Uint64() >= uint64(4*runtime.GOMAXPROCS(0))
}
