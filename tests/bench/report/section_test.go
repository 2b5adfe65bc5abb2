package report

import (
	"strings"
	"testing"
	"time"
)

func sides(first, second float64, goals ...Goal) Group {
	sample := func(figure float64) []Sample {
		return []Sample{{PerSecond: figure, P50: time.Duration(figure), P99: time.Duration(2 * figure), CPUPerMillion: figure}}
	}
	return Group{Name: "workload", Sides: []Side{
		{Name: "parley", Samples: sample(first)}, {Name: "other", Samples: sample(second), Goals: goals},
	}}
}

func TestGroupRatio(t *testing.T) {
	t.Parallel()
	group := sides(30, 10)
	if got := group.compare(1, Throughput).middle; got != 3 {
		t.Errorf("Parley's throughput is %v of the other's, want 3", got)
	}
	group.Growth = true
	if got := group.compare(1, CPU).middle; got != 1.0/3 {
		t.Errorf("the second size costs %v of the first, want a third", got)
	}
}

func TestGoalVerdict(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		goal  Goal
		ratio float64
		want  string
	}{
		{Goal{Throughput, 2, 3}, 1.9, "below"},
		{Goal{Throughput, 2, 3}, 2, "ok"},
		{Goal{Throughput, 2, 3}, 3, "ok (stretch)"},
		{Goal{TailLatency, 1, 0.8}, 1.1, "below"},
		{Goal{TailLatency, 1, 0.8}, 0.9, "ok"},
		{Goal{CPU, 1.2, 0}, 0.1, "ok"},
		{Goal{CPU, 0, 0}, 0.1, ""},
	} {
		if got := test.goal.verdict(test.ratio); got != test.want {
			t.Errorf("%+v, ratio %v: %q, want %q", test.goal, test.ratio, got, test.want)
		}
	}
}

// TestSectionTables has a group whose second ratio cannot be told, and a figure.
func TestSectionTables(t *testing.T) {
	t.Parallel()
	group := sides(30, 10, Goal{Throughput, 2, 3}, Goal{Metric: CPU})
	group.Sides[1].Samples[0].CPUPerMillion = 0
	section := Section{Title: "title", About: "about", Groups: []Group{group}, Figures: []Figure{
		{Name: "memory", Unit: "MiB", Values: []float64{50, 70, 90}, Target: 60},
	}}
	var text, markdown strings.Builder
	report := Report{Sections: []Section{section}}
	if err := report.Text(&text); err != nil {
		t.Fatal(err)
	}
	if err := report.Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{text.String(), markdown.String()} {
		for _, want := range []string{"title", "about", "workload", "other", "3.00 (3.00–3.00) of throughput", "≥ 2, 3", "ok (stretch)", "70 MiB (50–90)", "≤ 60 MiB", "below"} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is not in\n%s", want, got)
			}
		}
		if strings.Contains(got, "Inf") || strings.Contains(got, "client CPU") {
			t.Errorf("an empty table, or a ratio to nothing:\n%s", got)
		}
	}
}
