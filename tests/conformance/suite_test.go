package conformance_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The suite's version and the claimed features decide how many cases there are.
// Another number means that something else is tested than docs/conformance.md
// says.
const (
	serverCases = 3620
	clientCases = 4638
)

// suiteTimeout is far above the quarter of a minute that one side takes.
const suiteTimeout = 5 * time.Minute

// TestSuite runs the two sides one after the other: many cases are about time.
func TestSuite(t *testing.T) {
	t.Parallel()
	suite := build(t, "connectrpc.com/conformance/cmd/connectconformance")
	for side, cases := range map[string]int{"server": serverCases, "client": clientCases} {
		t.Run(side, func(t *testing.T) { //nolint:paralleltest // see above
			run(t, suite, side, cases)
		})
	}
}

// build compiles a program of this module or of its requirements.
func build(t *testing.T, pkg string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), filepath.Base(pkg))
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, pkg)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, output)
	}
	return binary
}

func run(t *testing.T, suite, side string, cases int) { //nolint:thelper // the body of a subtest
	exclusions := loadExclusions(t, filepath.Join("exclusions", side+".yaml"))
	args := slices.Concat(
		[]string{"--mode", side, "--conf", filepath.Join("features", side+".yaml")},
		arguments(t, exclusions),
		[]string{"--", build(t, "connectrpc.com/conformance/parley/cmd/"+side)},
	)
	ctx, cancel := context.WithTimeout(t.Context(), suiteTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, suite, args...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	start := time.Now()
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("run the suite: %v\n%s", err, output.String())
	}
	r, parseErr := parseReport(output.String())
	if parseErr != nil {
		t.Fatalf("%v\n%s", parseErr, output.String())
	}
	if err != nil || r.failed > 0 {
		t.Errorf("%d cases failed:\n%s", r.failed, failures(output.String()))
	}
	for _, e := range exclusions {
		t.Logf("%s: %d cases end differently. %s", side, e.count(r.excluded), strings.TrimSpace(e.Why))
	}
	for name, findings := range r.excluded {
		if left := unexplained(exclusions, name, findings); len(left) > 0 {
			t.Errorf("%s is excluded, but not for this:\n%q", name, left)
		}
	}
	if r.total != cases {
		t.Errorf("the suite has %d cases, want %d: update this test and docs/conformance.md", r.total, cases)
	}
	t.Logf("%s: %d cases run, %d passed, %d end differently on purpose, %d failed (%s)",
		side, r.total, r.passed, len(r.excluded), r.failed, time.Since(start).Round(time.Second))
}

var failedCase = regexp.MustCompile(`(?m)^FAILED: .*\n(?:\t.*\n)*`)

// failures picks the failed cases out of the output, or everything where there
// are none: then the suite says what is wrong with its settings.
func failures(output string) string {
	failed := failedCase.FindAllString(output, -1)
	if len(failed) == 0 {
		return output
	}
	var all bytes.Buffer
	for _, one := range failed {
		all.WriteString(one)
	}
	return all.String()
}
