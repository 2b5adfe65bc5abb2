package main

import (
	"fmt"
	"io"
	"time"
)

// progressInterval is the time between two lines of progress; nothing is shown
// of what takes less.
const progressInterval = 500 * time.Millisecond

// progress overwrites one line of a terminal with how far a command is.
type progress struct {
	out     io.Writer // nil where nobody watches
	started time.Time
	shown   time.Time
	any     bool
}

func newProgress(out io.Writer) *progress {
	now := time.Now()
	p := &progress{started: now, shown: now}
	if isTerminal(out) {
		p.out = out
	}
	return p
}

func (p *progress) show(messages uint64) {
	now := time.Now()
	if p.out == nil || now.Sub(p.shown) < progressInterval {
		return
	}
	p.shown, p.any = now, true
	fmt.Fprintf(p.out, "\r\x1b[K%d messages, %.0f per second", messages, float64(messages)/now.Sub(p.started).Seconds())
}

// end clears the line.
func (p *progress) end() {
	if p.any {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
