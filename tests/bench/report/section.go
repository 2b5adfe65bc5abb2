package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// More metrics. Lower is better.
const (
	TailLatency Metric = "p99 latency"
	CPU         Metric = "CPU"
)

// Section is a part of the report with a table of its own, or two.
type Section struct {
	Title string `json:"title"`
	// About says how it was measured.
	About   string   `json:"about"`
	Groups  []Group  `json:"groups,omitempty"`
	Figures []Figure `json:"figures,omitempty"`
}

// Group is one workload and everybody who did it. The first side is what the
// others are compared with.
type Group struct {
	Name  string `json:"name"`
	Sides []Side `json:"sides"`
	// Growth says that the sides are sizes of the same server: ratios are that of
	// a side to the first, not that of the first to the side.
	Growth bool `json:"growth,omitempty"`
}

// Side is one server. It has a sample for each round.
type Side struct {
	Name    string   `json:"name"`
	Goals   []Goal   `json:"goals,omitempty"`
	Samples []Sample `json:"samples"`
}

// Goal is a ratio to reach. Without a target there is nothing to reach, and the
// ratio is there to be looked at.
type Goal struct {
	Metric  Metric  `json:"metric"`
	Target  float64 `json:"target,omitempty"`
	Stretch float64 `json:"stretch,omitempty"`
}

// Figure is a single measure of Parley. Lower is better.
type Figure struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit"`
	Values []float64 `json:"values"`           // one for each round
	Target float64   `json:"target,omitempty"` // 0: none
}

func spreadOf(values []float64) spread {
	values = slices.Sorted(slices.Values(values))
	middle := values[len(values)/2]
	if len(values)%2 == 0 {
		middle = (middle + values[len(values)/2-1]) / 2
	}
	return spread{values[0], middle, values[len(values)-1]}
}

func (s Sample) metric(m Metric) float64 {
	switch m {
	case MedianLatency:
		return float64(s.P50)
	case TailLatency:
		return float64(s.P99)
	case CPU:
		return s.CPUPerMillion
	default:
		return s.PerSecond
	}
}

// compare returns the ratios of one side, round by round.
func (g Group) compare(side int, metric Metric) spread {
	ratios := make([]float64, len(g.Sides[0].Samples))
	for round := range ratios {
		first, this := g.Sides[0].Samples[round].metric(metric), g.Sides[side].Samples[round].metric(metric)
		if g.Growth {
			first, this = this, first
		}
		ratios[round] = first / this
	}
	return spreadOf(ratios)
}

// higher reports whether a higher figure is the better one.
func (m Metric) higher() bool { return m == Throughput }

func (g Goal) verdict(ratio float64) string {
	meets := func(goal float64) bool {
		return goal != 0 && (ratio == goal || ratio > goal == g.Metric.higher())
	}
	switch {
	case g.Target == 0:
		return ""
	case meets(g.Stretch):
		return "ok (stretch)"
	case meets(g.Target):
		return "ok"
	default:
		return "below"
	}
}

func (g Goal) text() string {
	if g.Target == 0 {
		return ""
	}
	sign := "≤"
	if g.Metric.higher() {
		sign = "≥"
	}
	if g.Stretch == 0 {
		return fmt.Sprintf("%s %.4g", sign, g.Target)
	}
	return fmt.Sprintf("%s %.4g, %.4g", sign, g.Target, g.Stretch)
}

func (s Side) over(figure func(Sample) float64) spread {
	values := make([]float64, len(s.Samples))
	for i, sample := range s.Samples {
		values[i] = figure(sample)
	}
	return spreadOf(values)
}

// Median returns the median of a metric of one side.
func (s Side) Median(metric Metric) float64 {
	return s.over(func(sample Sample) float64 { return sample.metric(metric) }).middle
}

func (g Group) lines() [][]string {
	var lines [][]string
	for i, side := range g.Sides {
		var ratios, goals, verdicts []string
		for _, goal := range side.Goals {
			ratio := g.compare(i, goal.Metric)
			if math.IsInf(ratio.high, 0) || math.IsNaN(ratio.high) {
				continue // a round too short for the clock of CPU times
			}
			ratios = append(ratios, fmt.Sprintf("%.2f (%.2f–%.2f) of %s", ratio.middle, ratio.low, ratio.high, goal.Metric))
			if goal.Target != 0 {
				goals, verdicts = append(goals, goal.text()), append(verdicts, goal.verdict(ratio.middle))
			}
		}
		name := ""
		if i == 0 {
			name = g.Name
		}
		lines = append(lines, append(append([]string{name}, side.cells()...),
			strings.Join(ratios, "; "), strings.Join(goals, "; "), strings.Join(verdicts, "; ")))
	}
	return lines
}

func (s Side) cells() []string {
	perSecond := s.over(func(sample Sample) float64 { return sample.PerSecond })
	cpu := s.over(func(sample Sample) float64 { return sample.CPUPerMillion })
	return []string{
		s.Name,
		fmt.Sprintf("%.0f (%.0f–%.0f)", perSecond.middle, perSecond.low, perSecond.high),
		latency(s.over(func(sample Sample) float64 { return float64(sample.P50) })),
		latency(s.over(func(sample Sample) float64 { return float64(sample.P99) })),
		fmt.Sprintf("%.1f (%.1f–%.1f)", cpu.middle, cpu.low, cpu.high),
	}
}

func latency(s spread) string {
	if s.high == 0 {
		return ""
	}
	return micros(s)
}

func (f Figure) line() []string {
	s := spreadOf(f.Values)
	goal, verdict := "", ""
	if f.Target != 0 {
		goal, verdict = fmt.Sprintf("≤ %.4g %s", f.Target, f.Unit), "ok"
		if s.middle > f.Target {
			verdict = "below"
		}
	}
	return []string{f.Name, fmt.Sprintf("%.4g %s (%.4g–%.4g)", s.middle, f.Unit, s.low, s.high), goal, verdict}
}
