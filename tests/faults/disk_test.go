package faults_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"golang.org/x/sys/unix"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/tests/harness"
)

// TestLowDisk takes disk space away and gives it back. Publishing is refused
// before the log fails, reading goes on, and publishing resumes by itself.
func TestLowDisk(t *testing.T) {
	t.Parallel()
	const margin = 1 << 30 // more than anybody else writes to this disk meanwhile
	dir := t.TempDir()
	free := freeSpace(t, dir)
	if free < 4*margin {
		t.Skipf("missing prerequisite: 4 GiB of disk space")
	}
	server := harness.Start(t, "--data-dir", filepath.Join(dir, "data"), "--min-free-bytes", strconv.FormatUint(free-margin, 10))
	createTopic(t, server, &messagingv1.Topic{Name: topicName})
	connected := server.Connect(t, harness.Wire{})
	messages := messagingv1connect.NewMessageServiceClient(connected)
	publish := func(id string) error {
		_, err := messages.Publish(t.Context(), &messagingv1.PublishRequest{Topic: topicName, Messages: []*messagingv1.Message{named(id, id)}})
		return err
	}
	if err := publish("before"); err != nil {
		t.Fatalf("publish with space: %v", err)
	}

	filler := fill(t, dir, 2*margin)
	harness.Eventually(t, "publishing is refused", func() bool { return publish("during") != nil })
	err := publish("during")
	retry, delay := client.Retryable(err)
	if connect.CodeOf(err) != connect.CodeResourceExhausted || rpcerror.ReasonOf(err) != errorv1.Reason_REASON_LOW_DISK_SPACE || !retry || delay <= 0 {
		t.Errorf("publish without space: %v, retry %v after %s", err, retry, delay)
	}
	topics := messagingv1connect.NewTopicServiceClient(connected)
	if _, err := topics.CreateTopic(t.Context(), &messagingv1.CreateTopicRequest{Topic: &messagingv1.Topic{Name: "other"}}); rpcerror.ReasonOf(err) != errorv1.Reason_REASON_LOW_DISK_SPACE {
		t.Errorf("create a topic without space: %v", err)
	}
	last := getTopic(t, connected, topicName).GetLastSequence()
	page, err := messages.ReadMessages(t.Context(), &messagingv1.ReadMessagesRequest{Topic: topicName})
	if err != nil || page.GetLastSequence() != last || uint64(len(page.GetMessages())) != last {
		t.Errorf("read without space: %v, %v", page, err)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "publishing resumes", func() bool { return publish("after") == nil })
	if now := getTopic(t, connected, topicName).GetLastSequence(); now != last+1 {
		t.Errorf("last sequence %d after one publish, was %d", now, last)
	}
}

func freeSpace(t *testing.T, dir string) uint64 {
	t.Helper()
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		t.Fatalf("ask for disk space: %v", err)
	}
	return stat.Bavail * uint64(stat.Bsize)
}

// fill reserves disk space, without writing, in a file that it returns.
func fill(t *testing.T, dir string, size int64) string {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	err = unix.Fallocate(int(file.Fd()), 0, 0, size)
	if errors.Is(err, unix.EOPNOTSUPP) {
		if os.Getenv("PARLEY_TEST_STRICT") == "1" {
			t.Fatal("missing prerequisite: a file system with fallocate")
		}
		t.Skip("missing prerequisite: a file system with fallocate")
	}
	if err != nil {
		t.Fatalf("reserve disk space: %v", err)
	}
	return file.Name()
}

// TestFailedWrite makes the kernel refuse writes to the log, by a limit on the
// size of the server's files that is set while clients publish. The server must
// end by itself, say why once, and have acknowledged nothing that is not there
// when it is started again.
func TestFailedWrite(t *testing.T) {
	t.Parallel()
	for _, room := range []uint64{0, 777, 40_000} { // further bytes that the log may take
		t.Run(strconv.FormatUint(room, 10), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			w := b.startWork(t, room)
			before := b.journalSize(t)
			harness.Eventually(t, "publishers are at work", func() bool { return b.journalSize(t) > before+10_000 })
			size := largestLog(t, b.data) + room
			if err := unix.Prlimit(b.server.PID(), unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: size}, nil); err != nil {
				t.Fatalf("limit the size of files: %v", err)
			}
			if code := b.server.ExitCode(t); code != 1 {
				t.Errorf("the server ended with %d, want 1", code)
			}
			lines := strings.Split(strings.TrimSpace(b.server.Output()), "\n")
			said := lines[len(lines)-1]
			if strings.Count(b.server.Output(), "the storage failed") != 1 || !strings.Contains(said, "file too large") {
				t.Errorf("the server's last line is %q, want the only one to say that the storage failed, and why", said)
			}
			b.restart(t)
			w.stop(t)
			report := b.verify(t, 0)
			if !report.Clean() || report.Gapped > 0 || report.Acknowledged == 0 {
				t.Errorf("after a failed write: %s", &report)
			}
			t.Log(&report)
		})
	}
}

// largestLog returns how much is written to the log file of a data directory that
// holds most. Log files have their full size from the beginning; zeros follow what
// is written.
func largestLog(t *testing.T, data string) uint64 {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(data, "log", "*.log"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no log files in the data directory: %v", err)
	}
	var largest uint64
	for _, path := range paths {
		if content, err := os.ReadFile(path); err == nil {
			largest = max(largest, uint64(len(bytes.TrimRight(content, "\x00"))))
		}
	}
	return largest
}
