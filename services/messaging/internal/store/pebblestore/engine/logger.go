package engine

import (
	"fmt"
	"log/slog"
	"strings"
)

// engineLogger passes on what Pebble logs. Pebble calls Fatalf when it cannot
// write its log or its MANIFEST, and expects it not to return; here it returns,
// and the committer looks for the failure after every commit.
type engineLogger struct {
	log   *slog.Logger
	fatal func(error)
}

// Infof implements pebble.Logger.
func (l engineLogger) Infof(format string, args ...any) {
	l.log.Debug("storage engine", slog.String("event", line(format, args)))
}

// Errorf implements pebble.Logger.
func (l engineLogger) Errorf(format string, args ...any) {
	l.log.Error("storage engine", slog.String("event", line(format, args)))
}

// Fatalf implements pebble.Logger.
func (l engineLogger) Fatalf(format string, args ...any) {
	if l.fatal != nil {
		l.fatal(fmt.Errorf("write log: %s", line(format, args)))
	}
}

func line(format string, args []any) string {
	return strings.TrimSpace(fmt.Sprintf(format, args...))
}
