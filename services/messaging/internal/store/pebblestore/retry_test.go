package pebblestore_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// brokenTables is a file system that cannot write tables while it has a failure.
type brokenTables struct {
	vfs.FS

	failure atomic.Pointer[error]
	tried   chan time.Time
	hold    chan struct{} // closed: tables may fail
}

func breakTables(failure error) *brokenTables {
	b := &brokenTables{tried: make(chan time.Time, 1<<20), hold: make(chan struct{})}
	b.failure.Store(&failure)
	b.FS = errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind != errorfs.OpFileWrite || !strings.HasSuffix(op.Path, ".sst") {
			return nil
		}
		failure := b.failure.Load()
		if failure == nil {
			return nil
		}
		<-b.hold
		b.tried <- time.Now()
		return *failure
	}))
	return b
}

// publishNoise publishes 1 MB, four times as much as the tables in memory hold, or
// until something is refused.
func publishNoise(ctx context.Context, s *pebblestore.Store) error {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		batch := []store.Message{storetest.Message("", noise(rng, 10_000))}
		if _, err := s.Append(ctx, store.AppendRequest{Topic: "a", Messages: batch}); err != nil {
			return err
		}
	}
	return nil
}

// TestTablesFail lets tables not be written for a while. What is published then is
// refused, and the reason told; what was stored can be read. The engine does not try
// without pause, and when it can, everything goes on.
func TestTablesFail(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ failure, want error }{
		"full":   {syscall.ENOSPC, store.ErrLowDiskSpace},
		"broken": {syscall.EIO, store.ErrStalled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fs := breakTables(test.failure)
			close(fs.hold)
			told := make(chan error, 10)
			opts := memoryOptions(fs)
			opts.Hooks.Stalled = func(cause error) { told <- cause }
			s := mustOpen(t, opts)
			if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
				t.Fatal(err)
			}
			if err := publishNoise(t.Context(), s); !errors.Is(err, test.want) || !errors.Is(err, test.failure) {
				t.Errorf("publishing: %v", err)
			}
			if _, err := s.CreateTopic(t.Context(), "b", storetest.Definition()); !errors.Is(err, test.want) {
				t.Errorf("creating a topic: %v", err)
			}
			if _, err := s.Read(t.Context(), store.ReadRequest{Topic: "a", From: 1}); err != nil {
				t.Errorf("reading: %v", err)
			}
			if pause := -(<-fs.tried).Sub(<-fs.tried); pause < time.Second/2 {
				t.Errorf("tried again after %v", pause)
			}
			fs.failure.Store(nil)
			if err := <-told; !errors.Is(err, test.want) {
				t.Errorf("told %v", err)
			}
			if err := <-told; err != nil {
				t.Errorf("told %v, want that it is over", err)
			}
			if err := publishNoise(t.Context(), s); err != nil {
				t.Errorf("afterwards: %v", err)
			}
			mustClose(t, s)
			if len(told) > 0 {
				t.Errorf("told %v, too", <-told)
			}
		})
	}
}

// TestTablesFailLate lets the failure show only when memory is full, and the committer
// waits in the engine. Who waits behind it is told at the deadline, and nothing is stored.
func TestTablesFailLate(t *testing.T) {
	t.Parallel()
	fs := breakTables(syscall.EIO)
	stalled := make(chan error, 10)
	opts := memoryOptions(fs)
	opts.Hooks.Stalled = func(cause error) { stalled <- cause }
	var rounds atomic.Int64
	opts.Hooks.Round = func(store.Round) { rounds.Add(1) }
	s := mustOpen(t, opts)
	if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
		t.Fatal(err)
	}
	blocked := make(chan error, 1)
	go func() { blocked <- publishNoise(t.Context(), s) }()
	ctx, cancel := context.WithCancel(t.Context())
	for still, last := 0, int64(-1); still < 50; { // until nothing is committed any more
		select {
		case err := <-blocked:
			t.Fatalf("publishing did not wait: %v", err)
		case <-time.After(2 * time.Millisecond):
		}
		if now := rounds.Load(); now != last {
			still, last = 0, now
		} else {
			still++
		}
	}
	close(fs.hold)
	if err := <-stalled; !errors.Is(err, store.ErrStalled) {
		t.Errorf("told %v", err)
	}
	waiting := make(chan error, 1)
	go func() {
		_, err := s.Append(ctx, store.AppendRequest{Topic: "a", Messages: []store.Message{storetest.Message("", "late")}})
		waiting <- err
	}()
	cancel()
	if err := <-waiting; !errors.Is(err, store.ErrStalled) || !errors.Is(err, context.Canceled) {
		t.Errorf("waiting: %v", err)
	}
	fs.failure.Store(nil)
	if err := <-stalled; err != nil {
		t.Errorf("told %v, want that it is over", err)
	}
	// What the committer was at is stored; what came next, before the end, may be refused.
	if err := <-blocked; err != nil && !errors.Is(err, store.ErrStalled) {
		t.Error(err)
	}
	if err := publishNoise(t.Context(), s); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	mustClose(t, s)
}
