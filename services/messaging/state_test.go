package messaging

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/parleyhq/parley/services/messaging/internal/tail"
)

// TestStalled holds that the server is told, and the log once each, when the storage
// cannot be written and when it can again, also where that was before anybody asked.
func TestStalled(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	tails := tail.New(tail.DefaultTopicBytes, tail.DefaultTotalBytes)
	l := &Log{metrics: newMetrics(tails)}
	hooks := l.hooks(slog.New(slog.NewTextHandler(&lines, nil)), tails)
	full := errors.New("disk is full")
	hooks.Stalled(full)
	var told []error
	services := l.Services()
	services[1].Unready(func(reason error) { told = append(told, reason) })
	hooks.Stalled(nil)
	if len(told) != 2 || !errors.Is(told[0], full) || told[1] != nil {
		t.Errorf("told %v", told)
	}
	out := lines.String()
	if strings.Count(out, "\n") != 2 || !strings.Contains(out, "level=ERROR") || !strings.Contains(out, "disk is full") {
		t.Errorf("the log says %s", out)
	}
}
