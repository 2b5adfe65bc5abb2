package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	// clockTick is the unit of /proc/PID/stat: USER_HZ, 100 on every Linux
	// architecture that Go runs on.
	clockTick = 10 * time.Millisecond

	settleStep  = 100 * time.Millisecond
	settleLimit = 3 * time.Second
)

var errStat = errors.New("unexpected form of /proc/PID/stat")

// CPU returns the user and system time the process has used, in steps of 10 ms.
func (p *Process) CPU() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read the CPU time of a server: %w", err)
	}
	// proc_pid_stat(5): the second field, the name, is in parentheses and may
	// hold spaces; utime and stime are fields 14 and 15.
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errStat
	}
	user, userErr := strconv.ParseInt(fields[11], 10, 64)
	system, systemErr := strconv.ParseInt(fields[12], 10, 64)
	if err := errors.Join(userErr, systemErr); err != nil {
		return 0, fmt.Errorf("%w: %w", errStat, err)
	}
	return time.Duration(user+system) * clockTick, nil
}

// Settle waits until the process does next to nothing, three seconds at most,
// and returns the time it has used until then.
func (p *Process) Settle(ctx context.Context) (time.Duration, error) {
	used, err := p.CPU()
	if err != nil {
		return 0, err
	}
	tick := time.NewTicker(settleStep)
	defer tick.Stop()
	for waited := time.Duration(0); waited < settleLimit; waited += settleStep {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		now, err := p.CPU()
		if err != nil {
			return 0, err
		}
		if now-used <= clockTick {
			return now, nil
		}
		used = now
	}
	return used, nil
}
