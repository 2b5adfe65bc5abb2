package report

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func row(metric Metric, target, stretch float64, rounds ...Round) Row {
	return Row{Name: "echo", Metric: metric, Target: target, Stretch: stretch, Ours: "parley", Theirs: "other", Rounds: rounds}
}

func round(ours, theirs float64) Round {
	sample := func(figure float64) Sample {
		return Sample{PerSecond: figure, P50: time.Duration(figure) * time.Microsecond}
	}
	return Round{Ours: sample(ours), Theirs: sample(theirs)}
}

// The ratio is the median of the rounds' ratios, not the ratio of medians.
func TestRatio(t *testing.T) {
	t.Parallel()
	odd := row(Throughput, 0.5, 1, round(10, 100), round(90, 100), round(100, 200))
	if got := odd.ratio(); got != (spread{0.1, 0.5, 0.9}) {
		t.Errorf("throughput: %v", got)
	}
	even := row(MedianLatency, 1, 1, round(10, 10), round(30, 10))
	if got := even.ratio(); got != (spread{1, 2, 3}) {
		t.Errorf("latency: %v", got)
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		metric          Metric
		target, stretch float64
		ours            float64
		want            string
	}{
		{Throughput, 0.5, 0.8, 40, "below"},
		{Throughput, 0.5, 0.8, 50, "ok"},
		{Throughput, 0.5, 0.8, 90, "ok (stretch)"},
		{MedianLatency, 1.3, 1.1, 140, "below"},
		{MedianLatency, 1.3, 1.1, 130, "ok"},
		{MedianLatency, 1.3, 1.1, 90, "ok (stretch)"},
	} {
		if got := row(test.metric, test.target, test.stretch, round(test.ours, 100)).verdict(); got != test.want {
			t.Errorf("%s %v of 100, goals %v and %v: %q, want %q", test.metric, test.ours, test.target, test.stretch, got, test.want)
		}
	}
}

// Both tables name every row and its verdict; rows of one name share one line of
// Parley; a Markdown row has as many cells as the heading.
func TestTables(t *testing.T) {
	t.Parallel()
	report := New("a disk", time.Second, 1)
	report.Rows = []Row{row(Throughput, 0.5, 0.8, round(60, 100)), row(Throughput, 0.5, 0.8, round(60, 200)), row(Throughput, 0, 0, round(60, 5))}
	var text, markdown strings.Builder
	if err := report.Text(&text); err != nil {
		t.Fatal(err)
	}
	if err := report.Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{text.String(), markdown.String()} {
		for _, want := range []string{"echo", "parley", "other", "0.60 (0.60–0.60)", "ok", "0.30 (0.30–0.30)", "below", "12.0 (12.0–12.0)", "go1."} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is not in\n%s", want, got)
			}
		}
		if lines := strings.Count(got, " parley "); lines != 1 {
			t.Errorf("%d lines of Parley, want 1:\n%s", lines, got)
		}
	}
	cells := len(heading) + 1
	for line := range strings.Lines(markdown.String()) {
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") != cells {
			t.Errorf("%d cells, want %d: %s", strings.Count(line, "|")-1, cells-1, line)
		}
	}
}

// Update replaces what is between the marks, and refuses a document without.
func TestUpdate(t *testing.T) {
	t.Parallel()
	report := New("a disk", time.Second, 1)
	report.Rows = []Row{row(Throughput, 0.5, 0.8, round(60, 100))}
	path := filepath.Join(t.TempDir(), "doc.md")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("above\n" + beginMark + "old\n" + endMark + "below\n")
	if err := report.Update(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	if !strings.HasPrefix(got, "above\n"+beginMark) || !strings.HasSuffix(got, endMark+"below\n") ||
		strings.Contains(got, "old") || !strings.Contains(got, "0.60 (0.60–0.60)") {
		t.Errorf("updated to\n%s", got)
	}
	write("no place\n" + endMark + beginMark)
	if err := report.Update(path); !errors.Is(err, errMarks) {
		t.Errorf("got %v, want %v", err, errMarks)
	}
}
