package report

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// machine describes where the figures come from, as far as the system tells.
func machine() string {
	return fmt.Sprintf("%d × %s, Linux %s, load average %s when it began",
		runtime.NumCPU(), cpuModel(), firstLine("/proc/sys/kernel/osrelease"), loadAverage())
}

func cpuModel() string {
	content, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(content)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// loadAverage is that of the last minute: anything near zero is a quiet machine.
func loadAverage() string {
	average, _, _ := strings.Cut(firstLine("/proc/loadavg"), " ")
	return average
}

func firstLine(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(content), "\n")
	return line
}
