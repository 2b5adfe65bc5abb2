package server

import (
	"net/http"
	"net/http/pprof"
	"runtime"
	"sync"
	"time"
)

// Of contention for locks, one event in mutexFraction is recorded; of waiting, on
// average one event for each blockRate spent waiting.
const (
	mutexFraction = 10
	blockRate     = 10 * time.Microsecond
)

// contention records where goroutines wait, and on which locks, only while
// somebody asks for such a profile: a server that nobody looks at does not pay.
type contention struct {
	mu      sync.Mutex
	readers int
}

// handler serves one of the runtime's profiles, "mutex" or "block", of as many
// seconds as the parameter of that name says, by default one.
func (c *contention) handler(profile string) http.HandlerFunc {
	serve := pprof.Handler(profile)
	return func(w http.ResponseWriter, r *http.Request) {
		if query := r.URL.Query(); !query.Has("seconds") && !query.Has("debug") {
			query.Set("seconds", "1")
			r.URL.RawQuery = query.Encode()
		}
		c.count(1)
		defer c.count(-1)
		serve.ServeHTTP(w, r)
	}
}

// count switches recording on with the first reader and off after the last.
func (c *contention) count(readers int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readers += readers
	if c.readers > 0 {
		runtime.SetMutexProfileFraction(mutexFraction)
		runtime.SetBlockProfileRate(int(blockRate.Nanoseconds()))
		return
	}
	runtime.SetMutexProfileFraction(0)
	runtime.SetBlockProfileRate(0)
}
