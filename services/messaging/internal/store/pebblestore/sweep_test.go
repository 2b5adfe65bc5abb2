package pebblestore_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// sweepAll is the variable that makes TestSweep try every offset; it takes
// minutes.
const sweepAll = "PARLEY_SWEEP_ALL"

// image is a data directory as it is left by a kill, and what was acknowledged
// before.
type image struct {
	fs    *vfs.MemFS
	acked map[string]map[uint64]string
	first map[string]uint64
}

// makeImage returns an image with several lives of a store, tables, a log, a
// purged topic and a deleted one. The last acknowledgement is older than the
// mark.
func makeImage(t *testing.T) image {
	t.Helper()
	fs := vfs.NewCrashableMem()
	img := image{first: map[string]uint64{"a": 1, "b": 21}}
	l := newLedger(nil)
	rng := rand.New(rand.NewPCG(1, 1))
	for life := range 3 {
		s, err := pebblestore.Open(memoryOptions(fs))
		if err != nil {
			t.Fatal(err)
		}
		for _, topic := range []string{"a", "b", "gone"} {
			if _, err := s.CreateTopic(t.Context(), topic, storetest.Definition()); err != nil {
				t.Fatal(err)
			}
			for n := range 12 {
				var batch []store.Message
				for m := range 1 + n%4 {
					id := fmt.Sprintf("%d-%s-%d-%d", life, topic, n, m)
					batch = append(batch, storetest.Message(id, noise(rng, 4000)))
				}
				r, err := s.Append(t.Context(), store.AppendRequest{Topic: topic, Messages: batch})
				if err != nil {
					t.Fatal(err)
				}
				l.add(topic, r, batch)
			}
		}
		if _, err := s.PurgeTopic(t.Context(), "b", "", 21); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteTopic(t.Context(), "gone", ""); err != nil {
			t.Fatal(err)
		}
		<-time.After(100 * time.Millisecond)
		img.fs = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	img.acked = l.snapshot()
	delete(img.acked, "gone")
	for seq := range img.acked["b"] {
		if seq < 21 {
			delete(img.acked["b"], seq)
		}
	}
	return img
}

// noise is text that does not compress, so that tables have many blocks.
func noise(rng *rand.Rand, size int) string {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(' ' + rng.IntN(90))
	}
	return string(b)
}

// damage is one way to change a file.
type damage struct {
	kind string
	do   func(content []byte, offset int) []byte
}

func damages() []damage {
	return []damage{
		{"flip", func(b []byte, at int) []byte { b[at] ^= 1 << (at % 8); return b }},
		{"cut", func(b []byte, at int) []byte { return b[:at] }},
		{"zero", func(b []byte, at int) []byte { clear(b[at:min(at+512, len(b))]); return b }},
	}
}

// TestSweep damages every file of an image in turn, at many offsets. Whatever
// was acknowledged is there, or the store refuses to open, or a reader gets a
// gap; recovery leads to a store of which the same is true.
func TestSweep(t *testing.T) {
	t.Parallel()
	img := makeImage(t)
	outcomes := make(map[string]int)
	for _, path := range files(t, img.fs, "data") {
		content := readAll(t, img.fs, path)
		for _, d := range damages() {
			for _, at := range offsets(content) {
				fs := vfs.NewMem()
				if _, err := vfs.Clone(img.fs, fs, "data", "data"); err != nil {
					t.Fatal(err)
				}
				writeAll(t, fs, path, d.do(append([]byte{}, content...), at))
				outcome, err := img.judge(t, fs)
				if err != nil {
					t.Errorf("%s of %s at %d of %d: %s: %v", d.kind, path, at, len(content), outcome, err)
				}
				outcomes[kindOf(fs.PathBase(path))+" "+d.kind+": "+outcome]++
			}
		}
	}
	for outcome, n := range outcomes {
		t.Logf("%5d %s", n, outcome)
	}
}

// offsets returns where to damage a file: mostly before the zeros at its end.
func offsets(content []byte) []int {
	part := len(logPart(content))
	stride := max(1, part/12)
	if os.Getenv(sweepAll) != "" {
		stride = 1
	}
	var all []int
	for at := 0; at < part; at += stride {
		all = append(all, at)
	}
	for at := part; at < len(content); at += max(1, (len(content)-part)/3) {
		all = append(all, at)
	}
	return all
}

func kindOf(name string) string {
	for _, kind := range []string{"MANIFEST", "OPTIONS", "marker", ".log", ".sst"} {
		if strings.Contains(name, kind) {
			return kind
		}
	}
	return name
}

// judge opens a damaged image and says what came of it; an error says that it
// is not acceptable.
func (img image) judge(t *testing.T, fs vfs.FS) (outcome string, err error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			outcome, err = "panic", fmt.Errorf("%v", p)
		}
	}()
	opts := memoryOptions(fs)
	s, err := pebblestore.Open(opts)
	if err == nil {
		lost, err := img.compare(t, s)
		if err = errors.Join(err, s.Close()); lost > 0 {
			return "gap", err
		}
		return "intact", err
	}
	if errors.Is(err, store.ErrFormatTooNew) {
		return "newer format", nil
	}
	if !errors.Is(err, store.ErrDamaged) {
		return "failed", err
	}
	finding, err := pebblestore.Recover(opts, pebblestore.Recovery{AcceptLoss: true, Definition: storetest.Definition()})
	if err != nil {
		if !errors.Is(err, store.ErrDamaged) {
			return "refused, recovery failed", err
		}
		return "refused, backup needed", nil
	}
	if finding == nil {
		return "refused, recovery finds nothing", errors.New("no finding")
	}
	if s, err = pebblestore.Open(opts); err != nil {
		return "refused after recovery", err
	}
	lost, err := img.compare(t, s)
	if err = errors.Join(err, s.Close()); lost > 0 {
		return "recovered with gap", err
	}
	return "recovered", err
}

// compare reads every topic and counts the acknowledged messages that are in
// gaps. Any that is missing otherwise is an error. Then it publishes.
func (img image) compare(t *testing.T, s store.Store) (lost int, err error) {
	t.Helper()
	for topic, want := range img.acked {
		seen := make(map[uint64]bool)
		var last uint64
		for from := img.first[topic]; ; {
			page, err := s.Read(t.Context(), store.ReadRequest{Topic: topic, From: from})
			if err != nil {
				return lost, err
			}
			if page.Next <= from && page.Next <= page.TopicLast {
				return lost, fmt.Errorf("topic %s: reading %d leads to %d", topic, from, page.Next)
			}
			if page.Gap != nil {
				for seq := range want {
					if page.Gap.First <= seq && seq <= page.Gap.Last {
						seen[seq] = true
						lost++
					}
				}
			}
			messages, err := storetest.Decode(page.Record)
			if err != nil {
				return lost, err
			}
			for _, m := range messages {
				if want[m.Sequence] != m.ID {
					return lost, fmt.Errorf("topic %s: sequence %d is %q, was %q", topic, m.Sequence, m.ID, want[m.Sequence])
				}
				seen[m.Sequence] = true
			}
			if from, last = page.Next, page.TopicLast; from > last {
				break
			}
		}
		for seq := range want {
			if !seen[seq] {
				return lost, fmt.Errorf("topic %s: sequence %d is lost silently", topic, seq)
			}
		}
		r, err := s.Append(t.Context(), store.AppendRequest{Topic: topic, Messages: []store.Message{storetest.Message("", "x")}})
		if err != nil || r.First != last+1 {
			return lost, fmt.Errorf("topic %s: append after %d: %+v: %w", topic, last, r, err)
		}
	}
	return lost, nil
}

func files(t *testing.T, fs vfs.FS, dir string) []string {
	t.Helper()
	list, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, name := range list {
		path := fs.PathJoin(dir, name)
		info, err := fs.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.IsDir() {
			paths = append(paths, files(t, fs, path)...)
		} else {
			paths = append(paths, path)
		}
	}
	return paths
}

func readAll(t *testing.T, fs vfs.FS, path string) []byte {
	t.Helper()
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return b
}

func writeAll(t *testing.T, fs vfs.FS, path string, content []byte) {
	t.Helper()
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err == nil {
		_, err = f.Write(content)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}
