package faults_test

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/tests/faults/ledger"
	"github.com/parleyhq/parley/tests/faults/load"
	"github.com/parleyhq/parley/tests/faults/verify"
	"github.com/parleyhq/parley/tests/harness"
)

// image is a data directory as a kill left it, longer after the last receipt
// than the store may take to notice that it is missing, and the journals that
// say what it must hold.
type image struct {
	data     string
	journals string
	epoch    string
	last     uint64
}

// newImage makes an image in several lives, so that it has tables as well as a
// log.
func newImage(t *testing.T, seed uint64) image {
	t.Helper()
	b := newBench(t)
	w := b.startWork(t, seed)
	for range 3 {
		before := b.journalSize(t)
		harness.Eventually(t, "publishers are at work", func() bool { w.running(t); return b.journalSize(t) > before+20_000 })
		b.server.Kill(t)
		b.restart(t)
	}
	before := b.journalSize(t)
	harness.Eventually(t, "publishers are at work", func() bool { w.running(t); return b.journalSize(t) > before+20_000 })
	w.stop(t)
	img := image{data: b.data, journals: b.dir}
	topic := getTopic(t, b.server.Connect(t, harness.Wire{}), topicName)
	img.epoch, img.last = topic.GetEpoch(), topic.GetLastSequence()
	img.note(t, b.url())
	if report := b.verify(t, 0); !report.Clean() || report.Gapped > 0 {
		t.Fatalf("the image is not sound: %s", &report)
	}
	<-time.After(300 * time.Millisecond)
	b.server.Kill(t)
	return img
}

// note journals the place of each message: receipts of streams name bounds only.
func (img image) note(t *testing.T, server string) {
	t.Helper()
	endpoints, closeAll, err := load.Dial(server)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	whole, err := verify.ReadPages(t.Context(), endpoints[0], topicName)
	if err != nil {
		t.Fatal(err)
	}
	journal, err := ledger.Open(img.journals, "reader-of-the-image")
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	if err := journal.Append(whole.Places()); err != nil {
		t.Fatal(err)
	}
}

// files returns the files with a content, by kind.
func (img image) files(t *testing.T) map[string][]string {
	t.Helper()
	kinds := make(map[string][]string)
	err := filepath.WalkDir(img.data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if info, err := entry.Info(); err != nil || info.Size() == 0 {
			return err
		}
		name := filepath.Base(path)
		kind := name
		for _, known := range []string{"MANIFEST", "OPTIONS", ".log", ".sst"} {
			if strings.Contains(name, known) && (known != "MANIFEST" || !strings.HasPrefix(name, "marker")) {
				kind = known
			}
		}
		relative, err := filepath.Rel(img.data, path)
		kinds[kind] = append(kinds[kind], relative)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

// damages are ways to change a content.
func damages() map[string]func(content []byte, at int) []byte {
	return map[string]func(content []byte, at int) []byte{
		"flip":  func(b []byte, at int) []byte { b[at] ^= 1 << (at % 8); return b },
		"cut":   func(b []byte, at int) []byte { return b[:at] },
		"zeros": func(b []byte, at int) []byte { clear(b[at:min(at+512, len(b))]); return b },
	}
}

// TestDamage changes a file of each kind in copies of a data directory. The
// server must refuse to start and say why, and start after a recovery that
// accepts the loss; or it serves. Where it serves, every message that was
// acknowledged is there or in a gap, and new ones get new sequences. The store's
// own tests do the same at many more offsets, within one process.
func TestDamage(t *testing.T) {
	t.Parallel()
	seed := faultSeed(t)
	rng := rand.New(rand.NewPCG(seed, 0))
	img := newImage(t, seed)
	tries := 1
	if harness.IsSlow() {
		tries = 2 // a case takes seconds: it starts one or two servers and reads everything back
	}
	recovery := canRecover(t)
	outcomes := make(map[string]int)
	kinds := img.files(t)
	for kind, paths := range kinds {
		for name, change := range damages() {
			for range tries {
				path := paths[rng.IntN(len(paths))]
				content, err := os.ReadFile(filepath.Join(img.data, path))
				if err != nil {
					t.Fatal(err)
				}
				at := rng.IntN(len(bytes.TrimRight(content, "\x00"))) // zeros follow what is written to a log
				t.Logf("%s of %s at %d of %d", name, path, at, len(content))
				outcome := img.try(t, path, change(content, at), recovery)
				outcomes[kind+" "+name+": "+outcome]++
				if t.Failed() {
					t.Fatalf("%s of %s at %d of %d (seed %d): %s", name, path, at, len(content), seed, outcome)
				}
			}
		}
	}
	for outcome, count := range outcomes {
		t.Logf("%3d %s", count, outcome)
	}
	for _, kind := range []string{"FORMAT", "MARK", "MANIFEST", "OPTIONS", ".log", ".sst"} {
		if len(kinds[kind]) == 0 {
			t.Errorf("the image has no file of kind %s: %v", kind, kinds)
		}
	}
	if !recovery {
		t.Error("the binary has no parley store recover")
	}
}

// try starts a server on a copy of the image with one file changed, and says
// what came of it.
func (img image) try(t *testing.T, path string, content []byte, recovery bool) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(data, os.DirFS(img.data)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, path), content, 0o600); err != nil {
		t.Fatal(err)
	}
	b := &bench{address: freeAddress(t), data: data, dir: img.journals}
	b.server = harness.Launch(t, b.flags()...)
	b.server.TolerateErrors() // it says what it lost
	if b.server.Serves(t) {
		return "served, " + img.compare(t, b, false)
	}
	if code, said := b.server.ExitCode(t), strings.TrimSpace(b.server.Output()); code == 0 || !strings.Contains(said, data) {
		t.Errorf("a server that refuses ended with %d and said %q, want the directory and the cause", code, said)
	} else if !slices.ContainsFunc(strings.Split(said, "\n"), func(line string) bool {
		return strings.HasPrefix(line, "parley: ") && strings.Contains(line, data)
	}) {
		t.Errorf("a server that refuses said %q, want a line that begins with parley: and names the directory", said)
	}
	if !recovery {
		return "refused"
	}
	out, err := exec.Command(harness.Binary(t), "store", "recover", "--data-dir", data, "--accept-loss").CombinedOutput()
	if err != nil {
		// Only a format that says it is newer may be beyond recovery here, or a file
		// without which nothing is left.
		if !strings.Contains(string(out), "newer") && !strings.Contains(string(out), "damaged") {
			t.Errorf("the recovery failed and does not say why: %v: %s", err, out)
		}
		return "refused, cannot be recovered"
	}
	b.restart(t)
	b.server.TolerateErrors()
	return "refused, recovered, " + img.compare(t, b, true)
}

// compare checks a server that serves a damaged image.
func (img image) compare(t *testing.T, b *bench, recovered bool) string {
	t.Helper()
	report := b.verify(t, 0)
	if !report.Clean() {
		t.Errorf("after damage: %s", &report)
	}
	connected := b.server.Connect(t, harness.Wire{})
	topic := getTopic(t, connected, topicName)
	if changed := topic.GetEpoch() != img.epoch; changed != recovered {
		t.Errorf("the epoch changed: %v, after a recovery: %v", changed, recovered)
	}
	res, err := messagingv1connect.NewMessageServiceClient(connected).Publish(t.Context(),
		&messagingv1.PublishRequest{Topic: topicName, Messages: []*messagingv1.Message{text("after")}})
	if err != nil || res.GetReceipt().GetFirstSequence() <= img.last {
		t.Errorf("publish after damage: %v, %v, want a sequence above %d", res, err, img.last)
	}
	b.server.Stop(t)
	if report.Gapped > 0 {
		return "with a gap"
	}
	return "whole"
}

// canRecover reports whether the binary can recover a data directory.
func canRecover(t *testing.T) bool {
	t.Helper()
	out, err := exec.Command(harness.Binary(t), "store", "recover", "--help").CombinedOutput()
	return err == nil && slices.Contains(strings.Fields(string(out)), "--accept-loss")
}
