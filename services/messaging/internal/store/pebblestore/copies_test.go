package pebblestore_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

func mustOpen(t *testing.T, opts pebblestore.Options) *pebblestore.Store {
	t.Helper()
	s, err := pebblestore.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustClose(t *testing.T, s *pebblestore.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func publish(t *testing.T, s store.Store, topic string, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if _, err := s.Append(t.Context(), store.AppendRequest{Topic: topic, Messages: []store.Message{storetest.Message(id, id)}}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opts := pebblestore.Options{Dir: filepath.Join(dir, "data")}
	s := mustOpen(t, opts)
	before, err := s.CreateTopic(t.Context(), "a", storetest.Definition())
	if err != nil {
		t.Fatal(err)
	}
	publish(t, s, "a", "1", "2", "3")
	backup := filepath.Join(dir, "backup")
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), backup); !errors.Is(err, os.ErrExist) {
		t.Errorf("back up again: %v", err)
	}
	publish(t, s, "a", "4")
	mustClose(t, s)

	if err := pebblestore.Restore(backup, opts); !errors.Is(err, os.ErrExist) {
		t.Errorf("restore over data: %v", err)
	}
	restored := pebblestore.Options{Dir: filepath.Join(dir, "restored")}
	if err := pebblestore.Restore(backup, restored); err != nil {
		t.Fatal(err)
	}
	if report, err := pebblestore.Check(restored); err != nil || !report.Clean() {
		t.Errorf("check: %+v, %v", report, err)
	}
	s = mustOpen(t, restored)
	defer mustClose(t, s)
	topic, err := s.GetTopic(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	// Readers saw sequence 4 in the epoch before: it is never issued again.
	past := store.PastEpoch{Epoch: before.Epoch, End: 3, Next: topic.Last + 1}
	if topic.Epoch == before.Epoch || len(topic.Past) != 1 || topic.Past[0] != past || topic.Last < 1<<40 || topic.Messages != 3 {
		t.Errorf("restored: %+v", topic)
	}
	page, err := s.Read(t.Context(), store.ReadRequest{Topic: "a", From: 1})
	if messages, decodeErr := storetest.Decode(page.Record); err != nil || decodeErr != nil || len(messages) != 3 || messages[1].ID != "2" {
		t.Errorf("messages %v, %v, %v", messages, err, decodeErr)
	}
	publish(t, s, "a", "4") // its id is not in the backup
	if got, err := s.GetTopic(t.Context(), "a"); err != nil || got.Last != past.Next || got.Messages != 4 {
		t.Errorf("published: %+v, %v", got, err)
	}
}

// TestBackupsAtOnce asks for one directory many times at the same moment: one
// request gets it, complete, and the others are told that it exists.
func TestBackupsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, pebblestore.Options{Dir: filepath.Join(dir, "data")})
	defer mustClose(t, s)
	if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
		t.Fatal(err)
	}
	publish(t, s, "a", "1", "2", "3")
	backup := filepath.Join(dir, "backup")
	const requests = 8
	outcomes := make(chan error, requests)
	for range requests {
		go func() { outcomes <- s.Backup(t.Context(), backup) }()
	}
	made := 0
	for range requests {
		switch err := <-outcomes; {
		case err == nil:
			made++
		case !errors.Is(err, os.ErrExist):
			t.Errorf("back up at once: %v", err)
		}
	}
	if made != 1 {
		t.Errorf("%d of %d requests made the backup", made, requests)
	}
	restored := pebblestore.Options{Dir: filepath.Join(dir, "restored")}
	if err := pebblestore.Restore(backup, restored); err != nil {
		t.Fatal(err)
	}
	if report, err := pebblestore.Check(restored); err != nil || !report.Clean() || report.Topics[0].Messages != 3 {
		t.Errorf("check: %+v, %v", report, err)
	}
}

// TestRecover loses the end of the log, and checks what is reported, that
// nothing changes without consent, and what recovery leads to.
func TestRecover(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	opts := memoryOptions(fs)
	s := mustOpen(t, opts)
	before, err := s.CreateTopic(t.Context(), "a", storetest.Definition())
	if err != nil {
		t.Fatal(err)
	}
	publish(t, s, "a", "1", "2", "3", "4", "5", "6")
	mustClose(t, s)
	for _, path := range files(t, fs, "data") {
		if content := readAll(t, fs, path); strings.HasSuffix(path, ".log") && len(content) > 0 {
			writeAll(t, fs, path, content[:len(logPart(content))*2/3])
		}
	}
	var loss *store.LossError
	if _, err := pebblestore.Open(opts); !errors.As(err, &loss) || len(loss.Topics) != 1 || loss.Topics[0].Acknowledged != 6 {
		t.Fatalf("open: %v", err)
	}
	for _, accept := range []bool{false, true} {
		finding, err := pebblestore.Recover(opts, pebblestore.Recovery{AcceptLoss: accept})
		if err != nil || !errors.As(finding, &loss) {
			t.Fatalf("recover: %v, %v", finding, err)
		}
	}
	if finding, err := pebblestore.Recover(opts, pebblestore.Recovery{AcceptLoss: true}); finding != nil || err != nil {
		t.Errorf("recover again: %v, %v", finding, err)
	}
	s = mustOpen(t, opts)
	found := loss.Topics[0].Found
	topic, err := s.GetTopic(t.Context(), "a")
	if err != nil || len(topic.Past) != 1 || topic.Past[0] != (store.PastEpoch{Epoch: before.Epoch, End: found, Next: topic.Last + 1}) || topic.Last <= 6 {
		t.Errorf("recovered: %+v, %v", topic, err)
	}
	page, err := s.Read(t.Context(), store.ReadRequest{Topic: "a", From: found + 1})
	if err != nil || page.Gap == nil || *page.Gap != (store.Gap{Reason: store.DataLoss, First: found + 1, Last: topic.Last}) || page.Epoch == before.Epoch {
		t.Errorf("read: %+v, %v", page, err)
	}
	publish(t, s, "a", "6") // a retry of what was lost
	mustClose(t, s)
	report, err := pebblestore.Check(opts)
	if err != nil || !report.Clean() || len(report.Topics[0].Accepted) != 1 || report.Topics[0].Last != topic.Last+1 {
		t.Errorf("check: %+v, %v", report, err)
	}
}

// lockedDir names the variable that makes a test process open a directory.
const lockedDir = "PARLEY_TEST_LOCKED_DIR"

func TestSecondProcess(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(lockedDir); dir != "" {
		if _, err := pebblestore.Open(pebblestore.Options{Dir: dir}); errors.Is(err, store.ErrLocked) {
			t.Log("locked out:", err)
		}
		return
	}
	dir := t.TempDir()
	s := mustOpen(t, pebblestore.Options{Dir: dir})
	defer mustClose(t, s)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSecondProcess$", "-test.v")
	cmd.Env = append(os.Environ(), lockedDir+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "locked out: open store: lock "+dir) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestNewerFormat(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustClose(t, mustOpen(t, pebblestore.Options{Dir: dir}))
	path := filepath.Join(dir, "FORMAT")
	if err := os.WriteFile(path, []byte("parley messaging store, format 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := pebblestore.Open(pebblestore.Options{Dir: dir}); !errors.Is(err, store.ErrFormatTooNew) {
		t.Errorf("open: %v", err)
	}
}
