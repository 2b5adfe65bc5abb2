package harness

import (
	"syscall"
	"testing"
	"time"
)

// Kill ends the server with SIGKILL, at once, and waits until it is gone. Stop
// then does nothing.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.stopOnce.Do(func() {
		_ = s.cmd.Process.Signal(syscall.SIGKILL) // it may have ended already
		<-s.exited
		s.checkAlarms(t)
		s.showIfFailed(t)
	})
}

// ExitCode waits for a server that ends by itself and returns its exit code, -1
// after a signal. Stop then does nothing.
func (s *Server) ExitCode(t testing.TB) int {
	t.Helper()
	s.stopOnce.Do(func() {
		select {
		case <-s.exited:
		case <-time.After(waitLimit):
			t.Errorf("the server did not end by itself within %s", waitLimit)
			_ = s.cmd.Process.Signal(syscall.SIGQUIT) // prints its goroutines
			<-s.exited
		}
		s.checkAlarms(t)
		s.showIfFailed(t)
	})
	return s.cmd.ProcessState.ExitCode()
}

// PID returns the number of the server's process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Output returns what the server has written to standard error.
func (s *Server) Output() string { return s.journal.text() }

// Logged returns the lines of the server's log so far that match.
func (s *Server) Logged(matches func(Line) bool) []Line {
	var found []Line
	for _, line := range s.journal.all() {
		if matches(line) {
			found = append(found, line)
		}
	}
	return found
}

// Serves waits until a launched server is ready, and then sets its addresses, or
// has ended by itself. It reports which.
func (s *Server) Serves(t testing.TB) bool {
	t.Helper()
	_, serving := s.journal.wait(waitLimit, s.exited, func(line Line) bool { return line.Text("msg") == "serving" })
	select {
	case <-s.exited:
		return false
	default:
	}
	if !serving {
		t.Fatalf("the server neither serves nor ends within %s", waitLimit)
	}
	s.AwaitReady(t)
	return true
}
