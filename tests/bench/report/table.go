package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

var heading = []string{"workload", "server", "per second", "p50", "p99", "CPU s per million", "ratio", "goal", "stretch", ""}

// Text writes a table for the terminal.
func (r Report) Text(out io.Writer) error {
	fmt.Fprintf(out, "%s\n\n", r.origin())
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range append([][]string{heading}, r.lines()...) {
		fmt.Fprintln(table, strings.TrimRight(strings.Join(line, "\t"), "\t"))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// Markdown writes the same for docs/benchmarks.md.
func (r Report) Markdown(out io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n", r.origin())
	row := func(cells []string) { fmt.Fprintf(&text, "| %s |\n", strings.Join(cells, " | ")) }
	row(heading)
	row(strings.Split(strings.Repeat("---,", len(heading)-1)+"---", ","))
	for _, line := range r.lines() {
		row(line)
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

func (r Report) origin() string {
	return fmt.Sprintf("Measured %s on %s; %s, grpc-go %s. Median (lowest–highest) of %d rounds of %s.",
		r.Time.Format("2006-01-02 15:04 UTC"), r.Machine, r.Versions["go"], r.Versions["grpc-go"], r.PerRow, r.Round)
}

// lines returns two lines for each row, Parley's first.
func (r Report) lines() [][]string {
	var lines [][]string
	for _, row := range r.Rows {
		ratio := row.ratio()
		ours := row.side(row.Ours, func(round Round) Sample { return round.Ours })
		theirs := row.side(row.Theirs, func(round Round) Sample { return round.Theirs })
		lines = append(lines,
			append(append([]string{row.Name}, ours...),
				fmt.Sprintf("%.2f (%.2f–%.2f) of %s", ratio.middle, ratio.low, ratio.high, row.Metric),
				row.goal(row.Target), row.goal(row.Stretch), row.verdict()),
			append(append([]string{""}, theirs...), "", "", "", ""))
	}
	return lines
}

func (r Row) side(name string, sample func(Round) Sample) []string {
	perSecond := r.over(func(round Round) float64 { return sample(round).PerSecond })
	p50 := r.over(func(round Round) float64 { return float64(sample(round).P50) })
	p99 := r.over(func(round Round) float64 { return float64(sample(round).P99) })
	cpu := r.over(func(round Round) float64 { return sample(round).CPUPerMillion })
	return []string{
		name,
		fmt.Sprintf("%.0f (%.0f–%.0f)", perSecond.middle, perSecond.low, perSecond.high),
		micros(p50), micros(p99),
		fmt.Sprintf("%.1f (%.1f–%.1f)", cpu.middle, cpu.low, cpu.high),
	}
}

func micros(s spread) string {
	return fmt.Sprintf("%.0f µs", s.middle/float64(time.Microsecond))
}
