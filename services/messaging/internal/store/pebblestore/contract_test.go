package pebblestore_test

import (
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(failureProcess) != "" {
		os.Exit(m.Run())
	}
	goleak.VerifyTestMain(m)
}

func TestContract(t *testing.T) {
	t.Parallel()
	t.Run("disk", func(t *testing.T) {
		t.Parallel()
		storetest.Run(t, func(t *testing.T) storetest.Env { return environment(t, vfs.Default, t.TempDir()) })
	})
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		storetest.Run(t, func(t *testing.T) storetest.Env { return environment(t, vfs.NewCrashableMem(), "data") })
	})
}

func environment(t *testing.T, fs vfs.FS, dir string) storetest.Env {
	t.Helper()
	clock := storetest.NewClock()
	var free atomic.Uint64
	free.Store(1 << 40)
	opts := pebblestore.Options{
		Dir: fs.PathJoin(dir, "0"), FS: fs, Clock: clock, OnFatal: func(err error) { t.Error(err) },
		DiskFree:          func() (uint64, error) { return free.Load(), nil },
		RetentionInterval: 5 * time.Millisecond,
	}
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return storetest.Env{
		Clock: clock, SetDiskFree: free.Store,
		Open: func(hooks store.Hooks) (store.Store, error) {
			now := opts
			now.Hooks = hooks
			return pebblestore.Open(now)
		},
		Renew: func() error {
			s, err := pebblestore.Open(opts)
			if err != nil {
				return err
			}
			backup := opts.Dir + ".backup"
			if err := errors.Join(s.Backup(t.Context(), backup), s.Close()); err != nil {
				return err
			}
			opts.Dir += "r"
			return pebblestore.Restore(backup, opts)
		},
	}
}
