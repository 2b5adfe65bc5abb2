package pebblestore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

func noContext() context.Context { return context.Background() }

// failureProcess names the variable that makes a test process run
// testFailedWrites. A store that has failed cannot be closed, so it is tested in
// a process of its own, as it ends in production.
const failureProcess = "PARLEY_TEST_FAILED_WRITES"

func TestFailedWrite(t *testing.T) {
	t.Parallel()
	if os.Getenv(failureProcess) != "" {
		testFailedWrites(t)
		return
	}
	if out := runAlone(t); strings.Count(out, "--- PASS: TestFailedWrite/") != 7 {
		t.Error(out)
	}
}

// runAlone runs the test in a process of its own and returns what that prints.
func runAlone(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), failureProcess+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// TestFailedRestore breaks the disk when all that is left to write of a restored
// store is its end: that is an error, and neither a data directory nor a wait for
// the engine, which has stopped where it was.
func TestFailedRestore(t *testing.T) {
	t.Parallel()
	if os.Getenv(failureProcess) == "" {
		if out := runAlone(t); !strings.Contains(out, "--- PASS: TestFailedRestore ") {
			t.Error(out)
		}
		return
	}
	memory := vfs.NewMem()
	s := mustOpen(t, memoryOptions(memory))
	if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), "backup"); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	var failing atomic.Bool
	broken := errors.New("disk is broken")
	fs := errorfs.Wrap(memory, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpRename && strings.Contains(op.Path, "MARK") {
			failing.Store(true) // the new mark follows the last change
		}
		if failing.Load() && op.Kind == errorfs.OpFileWrite && strings.HasSuffix(op.Path, ".log") {
			return broken
		}
		return nil
	}))
	opts := memoryOptions(fs)
	opts.Dir = "restored"
	restored := make(chan error, 1)
	go func() { restored <- pebblestore.Restore("backup", opts) }()
	select {
	case err := <-restored:
		if !errors.Is(err, store.ErrFailed) || !strings.Contains(err.Error(), "disk is broken") {
			t.Errorf("restore: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("a restore on a broken disk does not end")
	}
	if _, err := memory.Stat("restored"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a data directory: %v", err)
	}
}

// testFailedWrites makes writes or syncs of one kind of file fail at some moment.
// Nothing is acknowledged afterwards, the owner is told once, and a restart finds
// everything acknowledged.
func testFailedWrites(t *testing.T) {
	for _, test := range []struct {
		file  string
		kinds []errorfs.OpKind
	}{
		{".log", []errorfs.OpKind{errorfs.OpFileWrite}},
		{".log", []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo}},
		{".log", []errorfs.OpKind{errorfs.OpCreate, errorfs.OpReuseForWrite}},
		{"MANIFEST", []errorfs.OpKind{errorfs.OpFileWrite}},
		{"MANIFEST", []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo}},
		{"MARK", []errorfs.OpKind{errorfs.OpFileWrite}},
		{"MARK", []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo}},
	} {
		t.Run(fmt.Sprintf("%s/%d", test.file, test.kinds[0]), func(t *testing.T) {
			t.Parallel()
			var failing atomic.Bool
			broken := errors.New("disk is broken")
			memory := vfs.NewCrashableMem()
			fs := errorfs.Wrap(memory, errorfs.InjectorFunc(func(op errorfs.Op) error {
				for _, kind := range test.kinds {
					if failing.Load() && op.Kind == kind && strings.Contains(memory.PathBase(op.Path), test.file) {
						return broken
					}
				}
				return nil
			}))
			testFailedWrite(t, fs, memory, &failing)
		})
	}
}

func testFailedWrite(t *testing.T, fs vfs.FS, memory *vfs.MemFS, failing *atomic.Bool) {
	t.Helper()
	fatal := make(chan error, 10)
	opts := memoryOptions(fs)
	opts.OnFatal = func(err error) { fatal <- err }
	s, err := pebblestore.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if _, err := s.CreateTopic(t.Context(), fmt.Sprintf("t%d", i), storetest.Definition()); err != nil {
			t.Fatal(err)
		}
	}
	l := newLedger(nil)
	stop := make(chan struct{})
	wg := publishUntil(s, l, 0, stop)
	l.await(t, 100)
	failing.Store(true)
	select {
	case err := <-fatal:
		if !strings.Contains(err.Error(), "disk is broken") {
			t.Errorf("fatal: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the owner is not told")
	}
	close(stop)
	wg.Wait()
	_, err = s.Append(t.Context(), store.AppendRequest{Topic: "t0", Messages: []store.Message{storetest.Message("", "x")}})
	if !errors.Is(err, store.ErrFailed) {
		t.Errorf("append: %v", err)
	}
	if _, err := s.Read(t.Context(), store.ReadRequest{Topic: "t0", From: 1}); !errors.Is(err, store.ErrFailed) {
		t.Errorf("read: %v", err)
	}
	after := memory.CrashClone(vfs.CrashCloneCfg{})
	_ = s.Close()
	if len(fatal) > 0 {
		t.Errorf("the owner is told again: %v", <-fatal)
	}
	s, err = pebblestore.Open(memoryOptions(after))
	if err != nil {
		t.Fatalf("restart: %v", err)
	}
	checkLedger(t, s, l.snapshot())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
