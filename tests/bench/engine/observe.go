package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

var errStatus = errors.New("unexpected form of /proc/PID/status")

// Memory returns the resident memory of the process, in bytes.
func (p *Process) Memory() (int64, error) { return p.memory("VmRSS:") }

// PeakMemory returns the most resident memory the process had, in bytes.
func (p *Process) PeakMemory() (int64, error) { return p.memory("VmHWM:") }

func (p *Process) memory(field string) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read the memory of a server: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, field); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("%w: %w", errStatus, err)
			}
			return kib << 10, nil
		}
	}
	return 0, errStatus
}

// Restart kills the process at once, as a crash would, and starts its command
// again with what it had stored. The receiver is of no use afterwards; Stop the
// result. On an error what was stored is gone.
func (p *Process) Restart(ctx context.Context) (*Process, error) {
	if err := p.cmd.Process.Kill(); err != nil {
		return nil, errors.Join(fmt.Errorf("kill it: %w", err), p.Stop())
	}
	<-p.exited // says that it was killed
	return startIn(ctx, p.dir, p.command)
}
