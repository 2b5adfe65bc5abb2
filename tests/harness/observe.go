package harness

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pollInterval is how often [Eventually] looks.
const pollInterval = 10 * time.Millisecond

// Eventually waits until a condition holds and fails the test if it does not
// within the wait limit.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	limit := time.NewTimer(waitLimit)
	defer limit.Stop()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("not within %s: %s", waitLimit, what)
		}
	}
}

// Metric returns a metric without labels from the admin listener, by the name
// Prometheus sees.
func (s *Server) Metric(t testing.TB, name string) float64 {
	t.Helper()
	res, err := http.Get(s.Admin + "/metrics")
	if err != nil {
		t.Fatalf("read metrics: %v", err)
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatalf("metric %s: %v", name, err)
			}
			return value
		}
	}
	t.Fatalf("the server has no metric %s", name)
	return 0
}

// Goroutines returns how many goroutines the server has.
func (s *Server) Goroutines(t testing.TB) int {
	t.Helper()
	return int(s.Metric(t, "go_goroutines"))
}

// WaitForGoroutines waits until the server is back to at most limit goroutines.
func (s *Server) WaitForGoroutines(t testing.TB, limit int) {
	t.Helper()
	last := 0
	defer func() {
		if t.Failed() {
			t.Logf("goroutines: %d, want at most %d", last, limit)
		}
	}()
	Eventually(t, fmt.Sprintf("at most %d goroutines", limit), func() bool {
		last = s.Goroutines(t)
		return last <= limit
	})
}

// PeakMemory returns the most resident memory the server had, in bytes.
func (s *Server) PeakMemory(t testing.TB) int { return s.memory(t, "VmHWM:") }

// Memory returns the server's resident memory, in bytes.
func (s *Server) Memory(t testing.TB) int { return s.memory(t, "VmRSS:") }

func (s *Server) memory(t testing.TB, field string) int {
	t.Helper()
	status, err := os.ReadFile(s.proc("status"))
	if err != nil {
		t.Skipf("missing prerequisite: the proc file system: %v", err)
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, field); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "kB")))
			if err != nil {
				t.Fatalf("read %s: %v", field, err)
			}
			return kib << 10
		}
	}
	t.Fatalf("the process status has no %s", field)
	return 0
}

// Calls returns how many system calls for reading and for writing the server has
// made, on files and sockets.
func (s *Server) Calls(t testing.TB) (reads, writes float64) {
	t.Helper()
	text, err := os.ReadFile(s.proc("io"))
	if err != nil {
		t.Skipf("missing prerequisite: the proc file system: %v", err)
	}
	if _, err := fmt.Sscanf(string(text), "rchar: %s\nwchar: %s\nsyscr: %f\nsyscw: %f", new(string), new(string), &reads, &writes); err != nil {
		t.Fatalf("read %s: %v", s.proc("io"), err)
	}
	return reads, writes
}

func (s *Server) proc(name string) string {
	return fmt.Sprintf("/proc/%d/%s", s.cmd.Process.Pid, name)
}
