package servertest

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// startLimit bounds the time from starting a command to its serving.
	startLimit = 30 * time.Second
	// stopLimit bounds a stop: the default drain timeout and some room.
	stopLimit = 40 * time.Second
)

// Command builds the main package at a path such as "./cmd/unary", relative to
// the test's folder, starts it on a free loopback port and waits until it
// serves. It must take the flags of server.Config and standalone.Logging.
//
// When the test ends the process gets SIGTERM. The test fails unless it then
// exits with 0.
func Command(t testing.TB, path string) *Server {
	t.Helper()
	binary := filepath.Join(t.TempDir(), filepath.Base(path))
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, path).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", path, err, out)
	}
	// Not with t.Context(): that would kill the process before it can drain.
	command := exec.Command(binary, "--listen=127.0.0.1:0", "--admin-listen=", "--log-format=json")
	command.Env = environment()
	stderr, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	serving := make(chan string, 1)
	ended := make(chan error, 1)
	go func() {
		readLog(t, stderr, serving)
		ended <- command.Wait()
	}()
	select {
	case url := <-serving:
		t.Cleanup(func() { stop(t, command, ended) })
		return &Server{URL: url}
	case err := <-ended:
		t.Fatalf("%s ended before it served: %v", path, err)
	case <-time.After(startLimit):
		_ = command.Process.Kill()
		<-ended
		t.Fatalf("%s did not serve within %s", path, startLimit)
	}
	return nil
}

// readLog copies the process's log to the test's until it ends, and reports the
// URL it serves on.
func readLog(t testing.TB, log io.Reader, serving chan<- string) {
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		t.Logf("%s", lines.Bytes())
		var line struct {
			Msg string `json:"msg"`
			URL string `json:"url"`
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			select {
			case serving <- line.URL:
			default: // a second such line says nothing new
			}
		}
	}
}

func stop(t testing.TB, command *exec.Cmd, ended <-chan error) {
	_ = command.Process.Signal(syscall.SIGTERM) // it may have ended already: its result says how
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the process did not stop cleanly: %v", err)
		}
	case <-time.After(stopLimit):
		_ = command.Process.Kill()
		<-ended
		t.Errorf("the process did not stop within %s of SIGTERM", stopLimit)
	}
}

// environment is the test's own, without what would configure the process.
func environment() []string {
	var kept []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "PARLEY_") && !strings.HasPrefix(entry, "OTEL_") {
			kept = append(kept, entry)
		}
	}
	return kept
}
