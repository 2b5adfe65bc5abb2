package console

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
)

// progressInterval is the time between two lines of progress; nothing is shown
// of what takes less.
const progressInterval = 500 * time.Millisecond

// Progress overwrites one line of a terminal with how far a command is. It is safe
// for concurrent use.
type Progress struct {
	out     io.Writer // nil where nobody watches
	size    int64     // of the whole; 0: not known
	started time.Time

	mu    sync.Mutex
	shown time.Time
	any   bool // there is a line to clear
}

// NewProgress begins to show, on a terminal only, how far something of this size is. A
// size of 0 is not known.
func NewProgress(out io.Writer, size int64) *Progress {
	now := time.Now()
	p := &Progress{size: size, started: now, shown: now}
	if IsTerminal(out) {
		p.out = out
	}
	return p
}

// Show is called as often as there is something new: done is in the unit of size.
func (p *Progress) Show(messages uint64, done int64) {
	if p.out == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.shown) < progressInterval {
		return
	}
	p.shown, p.any = now, true
	fmt.Fprint(p.out, "\r\x1b[K"+progressLine(messages, done, p.size, now.Sub(p.started)))
}

// progressLine says how far, how fast and, if the size is known, how long still.
func progressLine(messages uint64, done, size int64, elapsed time.Duration) string {
	line := fmt.Sprintf("%s messages, %s per second", humanize.Comma(int64(messages)),
		humanize.Comma(int64(float64(messages)/elapsed.Seconds())))
	if size <= 0 || done <= 0 || done > size {
		return line
	}
	left := time.Duration(float64(elapsed) * float64(size-done) / float64(done)).Round(time.Second)
	return fmt.Sprintf("%s, %d %%, %s left", line, 100*done/size, left)
}

// Clear removes the line, for other output or at the end.
func (p *Progress) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.any {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.any = false
	}
}
