package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

var (
	groupHeading  = []string{"workload", "", "per second", "p50", "p99", "CPU s per million", "ratio", "goal, stretch", ""}
	figureHeading = []string{"figure", "median (lowest–highest)", "goal", ""}
)

// grid is a table and its heading.
type grid [][]string

func (s Section) grids() []grid {
	var grids []grid
	if len(s.Groups) > 0 {
		g := grid{groupHeading}
		for _, group := range s.Groups {
			g = append(g, group.lines()...)
		}
		grids = append(grids, g)
	}
	if len(s.Figures) > 0 {
		g := grid{figureHeading}
		for _, figure := range s.Figures {
			g = append(g, figure.line())
		}
		grids = append(grids, g)
	}
	return grids
}

// Text writes the section for the terminal.
func (s Section) Text(out io.Writer) error {
	fmt.Fprintf(out, "\n%s\n%s\n", s.Title, s.About)
	for _, grid := range s.grids() {
		fmt.Fprintln(out)
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, line := range grid {
			fmt.Fprintln(table, strings.TrimRight(strings.Join(line, "\t"), "\t"))
		}
		if err := table.Flush(); err != nil {
			return fmt.Errorf("write a table: %w", err)
		}
	}
	return nil
}

// Markdown writes the section for docs/benchmarks.md.
func (s Section) Markdown(out io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "\n### %s\n\n%s\n", s.Title, s.About)
	for _, grid := range s.grids() {
		text.WriteString("\n")
		for i, line := range grid {
			fmt.Fprintf(&text, "| %s |\n", strings.Join(line, " | "))
			if i == 0 {
				text.WriteString("|" + strings.Repeat(" --- |", len(line)) + "\n")
			}
		}
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("write a section: %w", err)
	}
	return nil
}
