package load

import (
	"context"
	"sync"
	"time"
)

const (
	// errorPause is how long a caller waits after an error, so that a server that
	// answers with errors only is not driven into the ground.
	errorPause = 100 * time.Millisecond
	// grace is how long answers may take after the end of a workload. Then they
	// count as errors.
	grace = 10 * time.Second
	// watchInterval is how often a watcher hears how a workload goes.
	watchInterval = 200 * time.Millisecond
)

// run is a workload at work.
type run struct {
	Settings
	*meter

	ctx   context.Context //nolint:containedctx // of the workload's calls: it outlives the workload by the grace
	until time.Time
	given context.Context //nolint:containedctx // the caller's: what fails after its end is no error of the server
}

// Run drives the server by one workload. watch, unless it is nil, is called now
// and then from another goroutine. Run returns what was measured so far when ctx
// ends.
func Run(ctx context.Context, w Workload, s Settings, watch func(Result)) Result {
	if w.prepare != nil {
		if err := w.prepare(ctx, s); err != nil {
			m := newMeter(w, time.Now())
			m.fail(err)
			return m.result()
		}
	}
	given := ctx
	begin := time.Now().Add(s.WarmUp)
	until := begin.Add(s.Duration)
	ctx, cancel := context.WithDeadline(ctx, until.Add(grace))
	defer cancel()
	r := &run{Settings: s, meter: newMeter(w, begin), ctx: ctx, until: until, given: given}
	var watching sync.WaitGroup
	done := make(chan struct{})
	if watch != nil {
		watching.Go(func() { r.watch(watch, done) })
	}
	w.drive(r)
	close(done)
	watching.Wait()
	r.close(time.Now(), until)
	return r.result()
}

func (r *run) watch(watch func(Result), done <-chan struct{}) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			watch(r.result())
		case <-done:
			return
		}
	}
}

// over reports whether it is time to stop sending.
func (r *run) over() bool { return r.ctx.Err() != nil || !time.Now().Before(r.until) }

// callers repeats do side by side until the time is up.
func (r *run) callers(count int, do func() error) {
	var group sync.WaitGroup
	for range count {
		group.Go(func() { r.repeat(do) })
	}
	group.Wait()
}

func (r *run) repeat(do func() error) {
	for !r.over() {
		err := do()
		if err == nil {
			continue
		}
		r.failUnlessInterrupted(err)
		timer := time.NewTimer(errorPause)
		select {
		case <-timer.C:
		case <-r.ctx.Done():
			timer.Stop()
		}
	}
}

// failUnlessInterrupted counts an error, unless the caller has ended the run.
func (r *run) failUnlessInterrupted(err error) {
	if r.given.Err() == nil {
		r.fail(err)
	}
}
