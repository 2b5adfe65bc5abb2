package harness

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stopLimit bounds a stop: the default drain time-out and some room.
const stopLimit = 40 * time.Second

// Server is a running `parley serve`. Its methods are safe for concurrent use.
type Server struct {
	URL    string // base URL of the RPC listener
	Addr   string // its host:port
	Admin  string // base URL of the admin listener
	CAFile string // authority of a TLS server's certificate, or ""

	cmd      *exec.Cmd
	journal  *journal
	exited   chan struct{} // closed when the process has ended
	termOnce sync.Once
	stopOnce sync.Once
	tolerant bool
}

// Start runs `parley serve` with further flags, waits until it is ready, and
// stops it when the test ends.
func Start(t testing.TB, flags ...string) *Server {
	t.Helper()
	server := Launch(t, flags...)
	server.AwaitReady(t)
	return server
}

// Launch is [Start] without waiting: the process may not serve yet, or end by
// itself.
func Launch(t testing.TB, flags ...string) *Server {
	t.Helper()
	return launch(t, Binary(t), flags)
}

// StartRelease is [Start] with the [ReleaseBinary] and its own access log.
func StartRelease(t testing.TB, flags ...string) *Server {
	t.Helper()
	server := launch(t, ReleaseBinary(t), append([]string{"--access-log", "failures"}, flags...))
	server.AwaitReady(t)
	return server
}

func launch(t testing.TB, binary string, flags []string) *Server {
	t.Helper()
	server := &Server{journal: newJournal(), exited: make(chan struct{})}
	arguments := append([]string{
		"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
		"--log-format", "json", "--access-log", "all",
	}, flags...)
	server.cmd = exec.Command(binary, arguments...)
	server.cmd.Dir = t.TempDir() // whatever it stores by default belongs to this test
	server.cmd.Env = Environment()
	server.cmd.Stderr = server.journal
	if err := server.cmd.Start(); err != nil {
		t.Fatalf("start parley serve: %v", err)
	}
	go func() {
		defer close(server.exited)
		_ = server.cmd.Wait() // ProcessState has the result
	}()
	t.Cleanup(func() { server.Stop(t) })
	return server
}

// AwaitReady waits until a launched server is ready, and sets its addresses.
func (s *Server) AwaitReady(t testing.TB) {
	t.Helper()
	line := s.WaitFor(t, "that it serves", func(line Line) bool { return line.Text("msg") == "serving" })
	s.URL, s.Admin = line.Text("url"), "http://"+line.Text("admin")
	_, s.Addr, _ = strings.Cut(s.URL, "://")
	Eventually(t, "the server is ready", func() bool { return s.Ready() })
}

// StartTLS is [Start] with TLS and a certificate of its own.
func StartTLS(t testing.TB, flags ...string) *Server {
	t.Helper()
	cert, key := certificate(t)
	server := Start(t, append([]string{"--tls-cert", cert, "--tls-key", key}, flags...)...)
	server.CAFile = cert
	return server
}

// Environment returns the environment for processes under test: this one's
// without anything that configures parley or telemetry.
func Environment() []string {
	var kept []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "PARLEY_") && !strings.HasPrefix(entry, "OTEL_") {
			kept = append(kept, entry)
		}
	}
	return kept
}

// Ready reports whether the server's readiness probe succeeds.
func (s *Server) Ready() bool {
	res, err := http.Get(s.Admin + "/readyz")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// Terminate sends SIGTERM, once however often it is called: a second signal
// would end the process without a drain. It returns at once.
func (s *Server) Terminate() {
	s.termOnce.Do(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already: Stop says how
	})
}

// Exited is closed once the process has ended.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// TolerateErrors makes ERROR lines in the server's log acceptable, for tests
// that cause them.
func (s *Server) TolerateErrors() { s.tolerant = true }

// Stop drains the server, waits for its end and checks how it ended. Calls
// after the first do nothing. The cleanup of [Start] calls it.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.stopOnce.Do(func() {
		s.Terminate()
		select {
		case <-s.exited:
		case <-time.After(stopLimit):
			t.Errorf("the server did not stop within %s of SIGTERM", stopLimit)
			_ = s.cmd.Process.Signal(syscall.SIGQUIT) // prints its goroutines
			<-s.exited
		}
		s.check(t)
	})
}

func (s *Server) check(t testing.TB) {
	t.Helper()
	s.checkAlarms(t)
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the server ended with %s, want exit code 0", s.cmd.ProcessState)
	}
	if !s.tolerant {
		for _, line := range s.journal.all() {
			if line.Text("level") == "ERROR" {
				t.Errorf("the server logged an error: %v", line)
			}
		}
	}
	s.showIfFailed(t)
}

// checkAlarms looks for what no server may print, however it ends.
func (s *Server) checkAlarms(t testing.TB) {
	t.Helper()
	for _, alarm := range []string{"DATA RACE", "panic:", "fatal error:"} {
		if strings.Contains(s.journal.text(), alarm) {
			t.Errorf("the server's output has %q", alarm)
		}
	}
}

func (s *Server) showIfFailed(t testing.TB) {
	t.Helper()
	if t.Failed() {
		t.Logf("the server's output:\n%s", shorten(s.journal.text()))
	}
}

// shorten keeps the ends of a long log: what happened first and last matters.
func shorten(text string) string {
	const end = 8 << 10
	if len(text) <= 2*end {
		return text
	}
	return text[:end] + "\n[...]\n" + text[len(text)-end:]
}
