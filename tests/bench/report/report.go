// Package report turns samples into medians, ratios and tables.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// Metric is the figure by which a row compares its sides.
type Metric string

// The metrics. The ratio of a row is always Parley's figure by the other's.
const (
	Throughput    Metric = "throughput"  // higher is better
	MedianLatency Metric = "p50 latency" // lower is better
)

// Sample is one server in one round.
type Sample struct {
	PerSecond     float64       `json:"per_second"`
	P50           time.Duration `json:"p50_ns"`
	P99           time.Duration `json:"p99_ns"`
	CPUPerMillion float64       `json:"cpu_seconds_per_million"` // of the server only
	// ClientPerMillion is the CPU time of this program, which drives the server.
	ClientPerMillion float64 `json:"client_cpu_seconds_per_million"`
}

// Round is both servers, one after the other.
type Round struct {
	Ours   Sample `json:"ours"`
	Theirs Sample `json:"theirs"`
}

// Row is one workload. Without a target there is nothing to reach: the other
// side is there to be looked at.
type Row struct {
	Part    string  `json:"part,omitempty"` // of the report; a table for each
	Name    string  `json:"name"`
	Metric  Metric  `json:"metric"`
	Target  float64 `json:"target"`
	Stretch float64 `json:"stretch"`
	Ours    string  `json:"ours"`
	Theirs  string  `json:"theirs"`
	Rounds  []Round `json:"rounds"`
}

// Report is everything one run of the program measured.
type Report struct {
	Time     time.Time         `json:"time"`
	Machine  string            `json:"machine"`
	Disk     string            `json:"disk"`
	Versions map[string]string `json:"versions"`
	Round    time.Duration     `json:"round_ns"`
	PerRow   int               `json:"rounds"`
	Rows     []Row             `json:"rows"`
	Sections []Section         `json:"sections"`
}

// New returns a report without rows that describes the machine, its disk in the words
// given, and this program.
func New(disk string, round time.Duration, rounds int) Report {
	shown := map[string]string{
		"google.golang.org/grpc":            "grpc-go",
		"github.com/nats-io/nats-server/v2": "nats-server",
		"github.com/nats-io/nats.go":        "nats.go",
		"github.com/cockroachdb/pebble/v2":  "pebble",
	}
	versions := map[string]string{"go": runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			if name, ok := shown[dependency.Path]; ok {
				versions[name] = dependency.Version
			}
		}
	}
	return Report{Time: time.Now().UTC().Truncate(time.Second), Machine: machine(), Disk: disk, Versions: versions, Round: round, PerRow: rounds}
}

// JSON writes the report with every sample.
func (r Report) JSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// spread is a median with its extremes.
type spread struct{ low, middle, high float64 }

// over returns the spread of a figure over the rounds.
func (r Row) over(figure func(Round) float64) spread {
	values := make([]float64, len(r.Rounds))
	for i, round := range r.Rounds {
		values[i] = figure(round)
	}
	slices.Sort(values)
	middle := values[len(values)/2]
	if len(values)%2 == 0 {
		middle = (middle + values[len(values)/2-1]) / 2
	}
	return spread{values[0], middle, values[len(values)-1]}
}

// ratio returns Parley's figure by the other's, compared round by round.
func (r Row) ratio() spread {
	return r.over(func(round Round) float64 {
		if r.Metric == MedianLatency {
			return float64(round.Ours.P50) / float64(round.Theirs.P50)
		}
		return round.Ours.PerSecond / round.Theirs.PerSecond
	})
}

// verdict compares the median ratio with the goals.
func (r Row) verdict() string {
	meets := func(goal float64) bool {
		if r.Metric == MedianLatency {
			return r.ratio().middle <= goal
		}
		return r.ratio().middle >= goal
	}
	switch {
	case r.Target == 0:
		return ""
	case meets(r.Stretch):
		return "ok (stretch)"
	case meets(r.Target):
		return "ok"
	default:
		return "below"
	}
}

// goal writes a goal, if there is one, in the direction of the metric.
func (r Row) goal(value float64) string {
	if value == 0 {
		return ""
	}
	if r.Metric == MedianLatency {
		return "≤ " + short(value)
	}
	return "≥ " + short(value)
}
