package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/parleyhq/parley/tests/bench/report"
	"github.com/parleyhq/parley/tests/bench/trial"
)

// TestQuick builds the program as a user gets it, runs every row for a moment
// against real servers, and checks that each has figures.
func TestQuick(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "bench")
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, output)
	}
	var stdout, stderr bytes.Buffer
	run := exec.CommandContext(t.Context(), program, "--quick", "--json")
	run.Stdout, run.Stderr = &stdout, &stderr
	if err := run.Run(); err != nil {
		t.Fatalf("run: %v\n%s", err, stderr.String())
	}
	var got report.Report
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatalf("read the report: %v\n%s", err, stdout.String())
	}
	if want := len(workloads(sizes{messages: []int{128}, replay: 1})); len(got.Rows) != want {
		t.Fatalf("%d rows, want %d", len(got.Rows), want)
	}
	for _, row := range got.Rows {
		for _, round := range row.Rounds {
			for name, sample := range map[string]report.Sample{row.Ours: round.Ours, row.Theirs: round.Theirs} {
				if sample.PerSecond <= 0 || sample.P99 < sample.P50 {
					t.Errorf("%s: %s: %+v", row.Name, name, sample)
				}
			}
		}
		if len(row.Rounds) != 1 {
			t.Errorf("%s: %d rounds, want 1", row.Name, len(row.Rounds))
		}
	}
	checkSections(t, got.Sections)
}

func checkSections(t *testing.T, sections []report.Section) {
	t.Helper()
	if want := len(trial.Titles()); len(sections) != want {
		t.Fatalf("%d sections, want %d", len(sections), want)
	}
	for _, section := range sections {
		if len(section.Groups)+len(section.Figures) == 0 {
			t.Errorf("%s is empty", section.Title)
		}
		for _, group := range section.Groups {
			for _, side := range group.Sides {
				if len(side.Samples) != 1 || side.Samples[0].PerSecond <= 0 || side.Samples[0].P99 < side.Samples[0].P50 {
					t.Errorf("%s: %s: %s: %+v", section.Title, group.Name, side.Name, side.Samples)
				}
			}
		}
		for _, figure := range section.Figures {
			if len(figure.Values) != 1 {
				t.Errorf("%s: %s: %v", section.Title, figure.Name, figure.Values)
			}
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, arguments := range [][]string{
		{"--round", "0s"},
		{"--rounds", "0"},
		{"--json", "--markdown"},
		{"--only", "("},
		{"rest"},
	} {
		if _, err := parse(arguments, t.Output()); err == nil {
			t.Errorf("%q was accepted", arguments)
		}
	}
}
