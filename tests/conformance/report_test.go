package conformance_test

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// report is what the suite printed.
type report struct {
	total, passed, failed int
	excluded              map[string][]string // case to findings
}

var (
	totals       = regexp.MustCompile(`(?m)^Total cases: (\d+)\n(\d+) passed, (\d+) failed$`)
	excludedCase = regexp.MustCompile(`^INFO: (.*) failed \(as expected\):$`)
)

func parseReport(output string) (report, error) {
	numbers := totals.FindStringSubmatch(output)
	if numbers == nil {
		return report{}, errors.New("the suite printed no totals")
	}
	r := report{excluded: map[string][]string{}}
	for i, number := range []*int{&r.total, &r.passed, &r.failed} {
		*number, _ = strconv.Atoi(numbers[i+1]) // digits
	}
	var name string
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\n")
		switch {
		case excludedCase.MatchString(line):
			name = excludedCase.FindStringSubmatch(line)[1]
			r.excluded[name] = nil
		case name != "" && strings.HasPrefix(line, "\t"):
			// A finding of the reference client is followed by "; " and the next.
			if finding := strings.TrimPrefix(strings.TrimSpace(line), "; "); finding != "" {
				r.excluded[name] = append(r.excluded[name], finding)
			}
		default:
			name = ""
		}
	}
	if sum := r.passed + r.failed + len(r.excluded); sum != r.total {
		return r, fmt.Errorf("%d of %d cases have no outcome", r.total-sum, r.total)
	}
	return r, nil
}

func TestParseReport(t *testing.T) {
	t.Parallel()
	const output = "noise\n" +
		"INFO: A/b/one failed (as expected):\n\tfirst\n\t; second\n" +
		"INFO: A/two failed (as expected):\n\tfirst\n" +
		"FAILED: B:\n\tthird\n\nTotal cases: 5\n2 passed, 1 failed\n(Another 2 failed as expected due to being known failures/flakes.)\n"
	r, err := parseReport(output)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(r); got != "{5 2 1 map[A/b/one:[first second] A/two:[first]]}" {
		t.Errorf("got %s", got)
	}
	for _, broken := range []string{"", strings.Replace(output, "Total cases: 5", "Total cases: 6", 1)} {
		if _, err := parseReport(broken); err == nil {
			t.Errorf("accepted %q", broken)
		}
	}
	exclusions, err := parseExclusions([]byte("- {why: because, reasons: [first, sec.nd], cases: [A/**/one]}"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"A/b/one": "[]", "A/one": "[]", "A/two": "[first]", "A/b/one/c": "[first second]"} {
		findings := r.excluded["A/b/one"]
		if name == "A/two" {
			findings = r.excluded[name]
		}
		if got := fmt.Sprint(unexplained(exclusions, name, findings)); got != want {
			t.Errorf("%s: unexplained are %s, want %s", name, got, want)
		}
	}
	if got := unexplained(exclusions, "A/one", []string{"first and more"}); len(got) != 1 {
		t.Error("a reason explains a finding it is only a part of")
	}
	if _, err := parseExclusions([]byte("- {reasons: [first], cases: [A/**]}")); err == nil {
		t.Error("accepted an exclusion without a reason for people")
	}
}
