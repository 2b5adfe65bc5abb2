package pebblestore_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// TestTablesFail lets tables not be written for a while. Publishing waits once memory
// is full, the engine does not try without pause, and goes on when it can.
func TestTablesFail(t *testing.T) {
	t.Parallel()
	const tries = 2
	var failing atomic.Bool
	failing.Store(true)
	failed := make(chan struct{}, 1<<20)
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if failing.Load() && op.Kind == errorfs.OpFileWrite && strings.HasSuffix(op.Path, ".sst") {
			failed <- struct{}{}
			return errors.New("no space")
		}
		return nil
	}))
	s := mustOpen(t, memoryOptions(fs))
	if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
		t.Fatal(err)
	}
	published := make(chan error, 1)
	go func() {
		rng := rand.New(rand.NewPCG(1, 1))
		for range 100 { // 1 MB, four times as much as the tables in memory hold
			batch := []store.Message{storetest.Message("", noise(rng, 10_000))}
			if _, err := s.Append(t.Context(), store.AppendRequest{Topic: "a", Messages: batch}); err != nil {
				published <- err
				return
			}
		}
		published <- nil
	}()
	began := time.Now()
	for range tries { // with a pause between
		<-failed
	}
	if took := time.Since(began); took < time.Second/2 {
		t.Errorf("tried %d times in %v", tries, took)
	}
	failing.Store(false)
	if err := <-published; err != nil {
		t.Error(err)
	}
	mustClose(t, s)
}
