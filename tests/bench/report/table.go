package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

var heading = []string{"workload", "server", "per second", "p50", "p99", "CPU s per million", "client CPU", "Parley to this", "goal", "stretch", ""}

// Text writes tables for the terminal.
func (r Report) Text(out io.Writer) error {
	fmt.Fprintln(out, r.origin())
	for _, part := range r.parts() {
		fmt.Fprintf(out, "\n%s\n\n", part.title())
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, line := range append([][]string{heading}, part.lines()...) {
			fmt.Fprintln(table, strings.TrimRight(strings.Join(line, "\t"), "\t"))
		}
		if err := table.Flush(); err != nil {
			return fmt.Errorf("write the table: %w", err)
		}
	}
	for _, section := range r.Sections {
		if err := section.Text(out); err != nil {
			return err
		}
	}
	return nil
}

// Markdown writes the same for docs/benchmarks.md.
func (r Report) Markdown(out io.Writer) error {
	var text strings.Builder
	fmt.Fprintln(&text, r.origin())
	row := func(cells []string) { fmt.Fprintf(&text, "| %s |\n", strings.Join(cells, " | ")) }
	for _, part := range r.parts() {
		fmt.Fprintf(&text, "\n### %s\n\n", part.title())
		row(heading)
		row(strings.Split(strings.Repeat("---,", len(heading)-1)+"---", ","))
		for _, line := range part.lines() {
			row(line)
		}
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	for _, section := range r.Sections {
		if err := section.Markdown(out); err != nil {
			return err
		}
	}
	return nil
}

// part is the rows of one table.
type part []Row

func (p part) title() string { return p[0].Part }

func (r Report) parts() []part {
	var parts []part
	for i, row := range r.Rows {
		if i == 0 || row.Part != r.Rows[i-1].Part {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], row)
	}
	return parts
}

func (r Report) origin() string {
	versions := []string{r.Versions["go"]}
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		if name != "go" {
			versions = append(versions, name+" "+r.Versions[name])
		}
	}
	return fmt.Sprintf("Measured %s on %s; %s; %s. Median (lowest–highest) of %d rounds of %s.",
		r.Time.Format("2006-01-02 15:04 UTC"), r.Machine, r.Disk, strings.Join(versions, ", "), r.PerRow, r.Round)
}

// lines returns one line for each server of a workload, Parley's first. Rows of
// one name that stand together share Parley's; the others' lines have the ratio.
func (p part) lines() [][]string {
	var lines [][]string
	for i, row := range p {
		if i == 0 || p[i-1].Name != row.Name {
			ours := row.side(row.Ours, func(round Round) Sample { return round.Ours })
			lines = append(lines, append(append([]string{row.Name}, ours...), "", "", "", ""))
		}
		ratio := row.ratio()
		theirs := row.side(row.Theirs, func(round Round) Sample { return round.Theirs })
		lines = append(lines, append(append([]string{""}, theirs...),
			fmt.Sprintf("%s (%s–%s) of %s", short(ratio.middle), short(ratio.low), short(ratio.high), row.Metric),
			row.goal(row.Target), row.goal(row.Stretch), row.verdict()))
	}
	return lines
}

// short writes three digits or so.
func short(value float64) string {
	switch {
	case value < 10:
		return fmt.Sprintf("%.2f", value)
	case value < 100:
		return fmt.Sprintf("%.1f", value)
	default:
		return fmt.Sprintf("%.0f", value)
	}
}

func (r Row) side(name string, sample func(Round) Sample) []string {
	perSecond := r.over(func(round Round) float64 { return sample(round).PerSecond })
	p50 := r.over(func(round Round) float64 { return float64(sample(round).P50) })
	p99 := r.over(func(round Round) float64 { return float64(sample(round).P99) })
	cpu := r.over(func(round Round) float64 { return sample(round).CPUPerMillion })
	client := r.over(func(round Round) float64 { return sample(round).ClientPerMillion })
	return []string{
		name,
		fmt.Sprintf("%.0f (%.0f–%.0f)", perSecond.middle, perSecond.low, perSecond.high),
		micros(p50), micros(p99),
		fmt.Sprintf("%s (%s–%s)", short(cpu.middle), short(cpu.low), short(cpu.high)), short(client.middle),
	}
}

// micros is empty where a load has no latency.
func micros(s spread) string {
	if s.high == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f µs", s.middle/float64(time.Microsecond))
}
