package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/tests/faults/verify"
	"github.com/parleyhq/parley/tests/harness"
)

const topicName = "faults"

// faultwork is the path of the workload's program.
var faultwork = sync.OnceValues(func() (string, error) {
	return harness.Build("tests/faults/cmd/faultwork", "faultwork")
})

// bench is a server that is killed and started again, on one address and one
// data directory, and the journals of its workload.
type bench struct {
	address string
	data    string
	dir     string // of the journals
	server  *harness.Server
}

// newBench starts a server with an empty data directory and one topic.
func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{address: freeAddress(t), data: filepath.Join(t.TempDir(), "data"), dir: t.TempDir()}
	b.server = harness.Start(t, b.flags()...)
	createTopic(t, b.server, &messagingv1.Topic{Name: topicName})
	return b
}

func (b *bench) flags() []string { return []string{"--listen", b.address, "--data-dir", b.data} }

func (b *bench) url() string { return "http://" + b.address }

// restart starts the server again and waits until it is ready.
func (b *bench) restart(t *testing.T, flags ...string) {
	t.Helper()
	b.server = harness.Start(t, append(b.flags(), flags...)...)
}

// freeAddress returns an address that nobody listens on. The kernel hands out
// others before it hands this one out again.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func createTopic(t *testing.T, server *harness.Server, topic *messagingv1.Topic) *messagingv1.Topic {
	t.Helper()
	topics := messagingv1connect.NewTopicServiceClient(server.Connect(t, harness.Wire{}))
	res, err := topics.CreateTopic(t.Context(), &messagingv1.CreateTopicRequest{Topic: topic})
	if err != nil {
		t.Fatalf("create topic %s: %v", topic.GetName(), err)
	}
	return res.GetTopic()
}

func getTopic(t *testing.T, client *connect.Client, name string) *messagingv1.Topic {
	t.Helper()
	res, err := messagingv1connect.NewTopicServiceClient(client).GetTopic(t.Context(), &messagingv1.GetTopicRequest{Name: name})
	if err != nil {
		t.Fatalf("get topic %s: %v", name, err)
	}
	return res.GetTopic()
}

// work is a running `faultwork load`.
type work struct {
	cmd    *exec.Cmd
	output bytes.Buffer
	exited chan struct{}
	once   sync.Once
}

// startWork starts the workload. It is stopped when the test ends at the latest.
func (b *bench) startWork(t *testing.T, seed uint64) *work {
	t.Helper()
	program, err := faultwork()
	if err != nil {
		t.Fatalf("build faultwork: %v", err)
	}
	w := &work{exited: make(chan struct{})}
	w.cmd = exec.Command(program, "load", "--server", b.url(), "--topic", topicName, "--dir", b.dir,
		"--seed", strconv.FormatUint(seed, 10))
	w.cmd.Stderr = &w.output
	if err := w.cmd.Start(); err != nil {
		t.Fatalf("start faultwork: %v", err)
	}
	go func() {
		defer close(w.exited)
		_ = w.cmd.Wait() // ProcessState has the result
	}()
	t.Cleanup(func() {
		if t.Failed() { // then its server may be gone, and it would try for long
			_ = w.cmd.Process.Kill()
			<-w.exited
			t.Logf("the workload's output: %s", &w.output)
			return
		}
		w.stop(t)
	})
	return w
}

// stop lets the workload finish what it has begun, and expects it to end well.
// The server must be running.
func (w *work) stop(t *testing.T) {
	t.Helper()
	w.once.Do(func() {
		_ = w.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
		select {
		case <-w.exited:
		case <-time.After(time.Minute):
			t.Error("the workload did not end within a minute")
			_ = w.cmd.Process.Kill()
			<-w.exited
		}
		if !w.cmd.ProcessState.Success() {
			t.Errorf("the workload ended with %s: %s", w.cmd.ProcessState, &w.output)
		}
	})
}

// running fails the test if the workload has ended.
func (w *work) running(t *testing.T) {
	t.Helper()
	select {
	case <-w.exited:
		w.stop(t)
		t.FailNow()
	default:
	}
}

// verify runs the check in a process of its own and returns its report.
func (b *bench) verify(t *testing.T, turn int) verify.Report {
	t.Helper()
	program, err := faultwork()
	if err != nil {
		t.Fatalf("build faultwork: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "verify", "--server", b.server.URL, "--topic", topicName, "--dir", b.dir,
		"--turn", strconv.Itoa(turn))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, runErr := cmd.Output()
	var report verify.Report
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("verify: %v, %v: %s", runErr, err, &stderr)
	}
	if (runErr == nil) != report.Clean() {
		t.Errorf("verify ended with %v: %s", runErr, &report)
	}
	return report
}

// journalSize is how much the workload has journaled, in bytes.
func (b *bench) journalSize(t *testing.T) int64 {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(b.dir, "publisher-*"))
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	return total
}
