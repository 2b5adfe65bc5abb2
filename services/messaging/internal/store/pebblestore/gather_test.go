package pebblestore

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestCrowd holds that the committer sees when the processors are busy, and when
// they no longer are.
func TestCrowd(t *testing.T) {
	var stop atomic.Bool
	var group sync.WaitGroup
	for range 16 * runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for !stop.Load() {
				runtime.Gosched()
			}
		})
	}
	c := newCrowd()
	become(t, c, true)
	stop.Store(true)
	group.Wait()
	become(t, c, false)
}

func become(t *testing.T, c crowd, want bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for c.waits() != want {
		if time.Now().After(deadline) {
			t.Fatalf("crowd.waits() is not %t", want)
		}
		runtime.Gosched()
	}
}

func BenchmarkCrowd(b *testing.B) {
	c := newCrowd()
	for b.Loop() {
		c.waits()
	}
}
