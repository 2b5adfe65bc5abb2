package conformance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// exclusion is a set of cases that end differently, on purpose and in one way.
type exclusion struct {
	Why       string   `yaml:"why"`
	Sometimes bool     `yaml:"sometimes"` // the cases may also pass
	Reasons   []string `yaml:"reasons"`
	Cases     []string `yaml:"cases"`

	reasons []*regexp.Regexp
	cases   []*regexp.Regexp
}

func loadExclusions(t *testing.T, file string) []*exclusion {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	exclusions, err := parseExclusions(data)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return exclusions
}

func parseExclusions(data []byte) ([]*exclusion, error) {
	var exclusions []*exclusion
	if err := yaml.Unmarshal(data, &exclusions); err != nil {
		return nil, err
	}
	for _, e := range exclusions {
		if strings.TrimSpace(e.Why) == "" || len(e.Reasons) == 0 || len(e.Cases) == 0 {
			return nil, fmt.Errorf("exclusion of %q: why, reasons or cases are missing", e.Cases)
		}
		for _, reason := range e.Reasons {
			compiled, err := regexp.Compile("^(?:" + reason + ")$")
			if err != nil {
				return nil, fmt.Errorf("reason: %w", err)
			}
			e.reasons = append(e.reasons, compiled)
		}
		for _, pattern := range e.Cases {
			e.cases = append(e.cases, caseRegexp(pattern))
		}
	}
	return exclusions, nil
}

// caseRegexp is the suite's pattern as a regular expression.
func caseRegexp(pattern string) *regexp.Regexp {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		switch part {
		case "*":
			parts[i] = "[^/]+/"
		case "**":
			parts[i] = "(?:[^/]+/)*"
		default:
			parts[i] = regexp.QuoteMeta(part) + "/"
		}
	}
	return regexp.MustCompile("^" + strings.Join(parts, "") + "$")
}

// arguments tells the suite which cases may, or must, fail.
func arguments(t *testing.T, exclusions []*exclusion) []string {
	t.Helper()
	var args []string
	for _, sometimes := range []bool{false, true} {
		flag := map[bool]string{false: "--known-failing", true: "--known-flaky"}[sometimes]
		var patterns []string
		for _, e := range exclusions {
			if e.Sometimes == sometimes {
				patterns = append(patterns, e.Cases...)
			}
		}
		if len(patterns) == 0 {
			continue
		}
		file := filepath.Join(t.TempDir(), "patterns.txt")
		if err := os.WriteFile(file, []byte(strings.Join(patterns, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, flag, "@"+file)
	}
	return args
}

// unexplained returns the findings about a case that no exclusion of the case
// gives as a reason.
func unexplained(exclusions []*exclusion, name string, findings []string) []string {
	var left []string
	for _, finding := range findings {
		if !explained(exclusions, name, finding) {
			left = append(left, finding)
		}
	}
	return left
}

func explained(exclusions []*exclusion, name, finding string) bool {
	for _, e := range exclusions {
		if matches(e.cases, name+"/") && matches(e.reasons, finding) {
			return true
		}
	}
	return false
}

// count tells how many of the excluded cases an exclusion covers.
func (e *exclusion) count(excluded map[string][]string) int {
	n := 0
	for name := range excluded {
		if matches(e.cases, name+"/") {
			n++
		}
	}
	return n
}

func matches(expressions []*regexp.Regexp, text string) bool {
	for _, expression := range expressions {
		if expression.MatchString(text) {
			return true
		}
	}
	return false
}
