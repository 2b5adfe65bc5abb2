package harness

import (
	"bytes"
	"encoding/json"
	"sync"
	"testing"
	"time"
)

// waitLimit bounds every wait for something that should come at once. It is
// generous: it only runs out where a test fails.
const waitLimit = 20 * time.Second

// Line is one line of a server's log, decoded from JSON.
type Line map[string]any

// Text returns an attribute that is a string, and "" for any other.
func (l Line) Text(key string) string {
	text, _ := l[key].(string)
	return text
}

// journal keeps what a process writes to standard error and wakes those who
// wait for a line. It is safe for concurrent use.
type journal struct {
	mu      sync.Mutex
	raw     bytes.Buffer
	partial []byte
	lines   []Line
	changed chan struct{} // closed and replaced with each change
}

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

// Write implements io.Writer.
func (j *journal) Write(data []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.raw.Write(data)
	j.partial = append(j.partial, data...)
	for {
		line, rest, found := bytes.Cut(j.partial, []byte("\n"))
		if !found {
			break
		}
		j.partial = rest
		var decoded Line
		if json.Unmarshal(line, &decoded) == nil {
			j.lines = append(j.lines, decoded)
		}
	}
	close(j.changed)
	j.changed = make(chan struct{})
	return len(data), nil
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.raw.String()
}

func (j *journal) all() []Line {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines
}

// wait returns the first line that matches, of those written and those to come,
// or false after the limit or once done is closed.
func (j *journal) wait(limit time.Duration, done <-chan struct{}, matches func(Line) bool) (Line, bool) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for seen, last := 0, false; ; {
		j.mu.Lock()
		lines, changed := j.lines[seen:], j.changed
		j.mu.Unlock()
		for _, line := range lines {
			if matches(line) {
				return line, true
			}
		}
		if last {
			return nil, false
		}
		seen += len(lines)
		select {
		case <-changed:
		case <-done:
			last = true // look once more: the end may have brought lines
		case <-timer.C:
			return nil, false
		}
	}
}

// WaitFor returns the first line of the server's log that matches, written
// already or within the wait limit. It fails the test if there is none.
func (s *Server) WaitFor(t testing.TB, what string, matches func(Line) bool) Line {
	t.Helper()
	line, ok := s.journal.wait(waitLimit, s.exited, matches)
	if !ok {
		t.Fatalf("the server did not log %s", what)
	}
	return line
}

// WaitForCall returns the access log's line for the call with a request id.
func (s *Server) WaitForCall(t testing.TB, requestID string) Line {
	t.Helper()
	return s.WaitFor(t, "the end of call "+requestID, func(line Line) bool {
		return line.Text("request_id") == requestID
	})
}
