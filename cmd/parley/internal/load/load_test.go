package load

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errTest = errors.New("refused")

// drive runs a workload of a test for ten seconds after a second of warm-up.
func drive(ctx context.Context, s Settings, do func(*run)) Result {
	s.WarmUp, s.Duration, s.Size = time.Second, 10*time.Second, 100
	return Run(ctx, Workload{Name: "test", Latency: "a test", drive: do}, s, nil)
}

// TestCallers holds what counts: calls that are answered after the warm-up, and
// errors at any time, after which a caller waits.
func TestCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		got := drive(t.Context(), Settings{}, func(r *run) {
			r.callers(2, func() error {
				begin := time.Now()
				if calls.Add(1) <= 2 { // the first of each
					return errTest
				}
				<-time.After(50 * time.Millisecond)
				now := time.Now()
				r.took(now, now.Sub(begin))
				r.answered(now, 3, 300)
				return nil
			})
		})
		// Answers come at 150, 200, … ms: the first that counts at 1 s, the last at 11 s.
		const want = 2 * 3 * 201
		if got.Messages != want || got.Bytes != want*100 || got.Errors != 2 || !errors.Is(got.First, errTest) || got.Seconds != 10 {
			t.Errorf("%+v, want %d messages in 10 s and 2 errors", got, want)
		}
		if got.P50 < 0.0499 || got.Max > 0.0501 || got.MessagesPerSecond() != want/10.0 || got.BytesPerSecond() != want*10 {
			t.Errorf("%+v, want 50 ms", got)
		}
	})
}

// TestInterrupt holds that an end from outside is no error of the server.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		got := drive(ctx, Settings{}, func(r *run) {
			r.callers(2, func() error {
				<-r.ctx.Done()
				return r.ctx.Err()
			})
		})
		if got.Errors != 0 || got.Seconds != 2 {
			t.Errorf("%+v, want 2 s and no error", got)
		}
	})
}

// TestHangingServer holds that no answer at all is an error, and ends.
func TestHangingServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		got := drive(t.Context(), Settings{}, func(r *run) {
			r.callers(1, func() error {
				<-r.ctx.Done()
				return r.ctx.Err()
			})
		})
		if got.Errors != 1 || time.Since(begin) != 11*time.Second+grace || got.Seconds != 10 {
			t.Errorf("%+v after %s", got, time.Since(begin))
		}
	})
}

// TestPump holds that no more than the requests in flight are without an answer,
// that every answer is taken, and that a refused request counts as an error.
func TestPump(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const inFlight = 4
		requests := make(chan int, 100)
		sent := 0
		p := pipe{
			send: func() error {
				sent++
				requests <- sent
				if len(requests) > inFlight {
					t.Errorf("%d in flight", len(requests))
				}
				return nil
			},
			closeSend: func() error { close(requests); return nil },
			receive: func() error {
				<-time.After(10 * time.Millisecond)
				request, more := <-requests
				switch {
				case !more:
					return io.EOF
				case request == 1:
					return refusal{errTest}
				default:
					return nil
				}
			},
		}
		got := drive(t.Context(), Settings{InFlight: inFlight}, func(r *run) {
			r.callers(1, func() error {
				ctx, cancel := context.WithCancel(r.ctx)
				defer cancel()
				return r.pump(ctx, cancel, p, 1)
			})
		})
		if got.Errors != 1 || !errors.Is(got.First, errTest) || got.Messages < 1000 || got.Messages >= int64(sent) {
			t.Errorf("%+v of %d", got, sent)
		}
		if got.P50 < 0.009*inFlight || got.Max > 0.011*(inFlight+1) {
			t.Errorf("%+v, want about %d answers' time", got, inFlight)
		}
	})
}

// TestWatch holds that a watcher hears of a run, and no more after its end.
func TestWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		heard := 0
		Run(t.Context(), Workload{drive: func(r *run) { r.callers(1, func() error { return errTest }) }},
			Settings{Duration: time.Second}, func(Result) { heard++ })
		if heard < 4 || heard > 5 {
			t.Errorf("heard %d times in a second", heard)
		}
	})
}
