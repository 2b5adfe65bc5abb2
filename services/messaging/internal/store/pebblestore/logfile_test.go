package pebblestore_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// fullLogs makes log files of a file system in memory as long as they become on a
// disk.
type fullLogs struct{ vfs.FS }

func (l fullLogs) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.Create(name, category)
	return fullLog{f}, err
}

func (l fullLogs) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.ReuseForWrite(oldname, newname, category)
	return fullLog{f}, err
}

type fullLog struct{ vfs.File }

// Fd is that of no file: the engine asks for room, and the kernel refuses it.
func (fullLog) Fd() uintptr { return 1 << 30 }

func (f fullLog) Preallocate(offset, length int64) error {
	info, err := f.Stat()
	if err != nil || info.Size() >= offset+length {
		return err
	}
	_, err = f.WriteAt([]byte{0}, offset+length-1)
	return err
}

// logPart returns what a log holds without the zeros at its end.
func logPart(content []byte) []byte { return bytes.TrimRight(content, "\x00") }

// killedWithTail returns what a kill leaves of a store whose newest log ends with
// zeros after three messages.
func killedWithTail(t *testing.T) *vfs.MemFS {
	t.Helper()
	fs := vfs.NewCrashableMem()
	s := mustOpen(t, memoryOptions(fs))
	if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
		t.Fatal(err)
	}
	publish(t, s, "a", "1", "2", "3")
	killed := fs.CrashClone(vfs.CrashCloneCfg{})
	mustClose(t, s)
	for _, path := range files(t, killed, "data") {
		if content := readAll(t, killed, path); strings.HasSuffix(path, ".log") {
			if size := len(content); size < 256<<10 || size-len(logPart(content)) < 200<<10 {
				t.Fatalf("log of %d bytes, %d of them written", size, len(logPart(content)))
			}
		}
	}
	return killed
}

// TestLogTail: the zeros after the last record of the newest log are its end, not
// damage, and cost a start and a backup nothing.
func TestLogTail(t *testing.T) {
	t.Parallel()
	fs := killedWithTail(t)
	opts := memoryOptions(fs)
	if report, err := pebblestore.Check(opts); err != nil || !report.Clean() {
		t.Errorf("check: %+v, %v", report, err)
	}
	if finding, err := pebblestore.Recover(opts, pebblestore.Recovery{AcceptLoss: true}); finding != nil || err != nil {
		t.Errorf("recover: %v, %v", finding, err)
	}
	// Room for what is written, not for what is reserved.
	opts.DiskFree = func() (uint64, error) { return 4<<20 + 128<<10, nil }
	s := mustOpen(t, opts)
	if got := readTopic(t, s, "a"); len(got) != 3 {
		t.Errorf("read %v", got)
	}
	mustClose(t, s)
	s = mustOpen(t, memoryOptions(fs))
	publish(t, s, "a", "4")
	if err := s.Backup(t.Context(), "backup"); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	for _, path := range files(t, fs, "backup") {
		if size := len(readAll(t, fs, path)); strings.HasSuffix(path, ".log") && size > 64<<10 {
			t.Errorf("%s has %d bytes", path, size)
		}
	}
	if err := pebblestore.Restore("backup", pebblestore.Options{Dir: "restored", FS: fs}); err != nil {
		t.Errorf("restore: %v", err)
	}
}

// TestTornTail: a record of which a crash left only the beginning, with zeros for
// the rest, was not acknowledged.
func TestTornTail(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	opts := memoryOptions(fs)
	opts.MarkInterval = time.Hour // the last record is not known to be synced
	s := mustOpen(t, opts)
	if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
		t.Fatal(err)
	}
	publish(t, s, "a", "1", "2", noise(rand.New(rand.NewPCG(1, 1)), 20_000))
	killed := fs.CrashClone(vfs.CrashCloneCfg{})
	mustClose(t, s)
	for _, path := range files(t, killed, "data") {
		if content := readAll(t, killed, path); strings.HasSuffix(path, ".log") {
			clear(content[len(logPart(content))-15_000:])
			writeAll(t, killed, path, content)
		}
	}
	start := time.Now()
	s = mustOpen(t, memoryOptions(killed))
	t.Log("opened in", time.Since(start))
	if got := readTopic(t, s, "a"); len(got) != 2 {
		t.Errorf("read %d messages, want 2", len(got))
	}
	mustClose(t, s)
}

// TestRecoverKeepsTail: recovery of damage elsewhere leaves a log alone whose end
// is only unwritten.
func TestRecoverKeepsTail(t *testing.T) {
	t.Parallel()
	fs := killedWithTail(t)
	opts := memoryOptions(fs)
	for _, path := range files(t, fs, "data") {
		if strings.Contains(path, "OPTIONS") {
			writeAll(t, fs, path, []byte("garbage"))
		}
	}
	finding, err := pebblestore.Recover(opts, pebblestore.Recovery{AcceptLoss: true, Definition: storetest.Definition()})
	if finding == nil || err != nil {
		t.Fatalf("recover: %v, %v", finding, err)
	}
	for _, path := range files(t, fs, "data/damaged") {
		if strings.HasSuffix(path, ".log") {
			t.Errorf("%s was set aside", path)
		}
	}
	s := mustOpen(t, opts)
	if topic, err := s.GetTopic(t.Context(), "a"); err != nil || topic.Messages != 3 {
		t.Errorf("%+v, %v", topic, err)
	}
	mustClose(t, s)
}

// TestInterruptedStart kills a start, or cuts the power, before each of its changes
// to the disk. The next start finds everything.
func TestInterruptedStart(t *testing.T) {
	t.Parallel()
	changes := 0
	for stop := 1; ; stop++ {
		memory := killedWithTail(t).CrashClone(vfs.CrashCloneCfg{})
		var left []*vfs.MemFS
		var count atomic.Int64
		fs := errorfs.Wrap(memory, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && count.Add(1) == int64(stop) {
				left = append(left, memory.CrashClone(vfs.CrashCloneCfg{}),
					memory.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))}))
			}
			return nil
		}))
		s := mustOpen(t, memoryOptions(fs))
		publish(t, s, "a", "4")
		mustClose(t, s)
		if left == nil {
			break
		}
		changes++
		for _, fs := range left {
			for range 2 { // the second start meets what the first leaves
				s, err := pebblestore.Open(memoryOptions(fs))
				if err != nil {
					t.Fatalf("interrupted at change %d: %v", stop, err)
				}
				if got := readTopic(t, s, "a"); len(got) < 3 || got[3] != "3" {
					t.Errorf("interrupted at change %d: read %v", stop, got)
				}
				fs = fs.CrashClone(vfs.CrashCloneCfg{})
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if changes < 20 {
		t.Errorf("a start makes %d changes to the disk", changes)
	}
}

// busyFS calls beside when a file of the engine's log has been read a little.
type busyFS struct {
	vfs.FS

	beside *atomic.Pointer[func()]
}

func (b busyFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := b.FS.Open(name, opts...)
	if beside := b.beside.Swap(nil); beside != nil && err == nil && strings.HasSuffix(name, ".log") {
		return &busyFile{f, *beside}, nil
	} else if beside != nil {
		b.beside.Store(beside)
	}
	return f, err
}

type busyFile struct {
	vfs.File

	beside func()
}

func (f *busyFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.beside()
	f.beside = func() {}
	return n, err
}

// TestBackupOfBusyLog publishes while a backup copies the log: the copy ends where
// the log did before.
func TestBackupOfBusyLog(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	var beside atomic.Pointer[func()]
	opts := memoryOptions(fs)
	opts.FS = busyFS{opts.FS, &beside}
	opts.MemTableBytes = 16 << 20
	mustClose(t, mustOpen(t, opts)) // the engine tells no damage in its very first log
	s := mustOpen(t, opts)
	if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
		t.Fatal(err)
	}
	publish(t, s, "a", "1", "2", "3")
	rng := rand.New(rand.NewPCG(1, 1))
	busy := func() {
		for range 100 {
			publish(t, s, "a", noise(rng, 1000))
		}
	}
	beside.Store(&busy)
	err := s.Backup(t.Context(), "backup")
	mustClose(t, s)
	if err != nil || beside.Load() != nil {
		t.Fatalf("back up: %v", err)
	}
	restored := memoryOptions(fs)
	restored.Dir = "restored"
	if err := pebblestore.Restore("backup", restored); err != nil {
		t.Fatal(err)
	}
	if report, err := pebblestore.Check(restored); err != nil || !report.Clean() || report.Topics[0].Messages != 3 {
		t.Errorf("check: %+v, %v", report, err)
	}
}
