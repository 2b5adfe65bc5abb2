package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parleyhq/parley/tools/internal/pinned"
)

// TestBilling adds a service to a scratch copy of the repository and does with
// it, unedited, what a developer does with a service: format and lint it,
// generate its code, test it, build it without the workspace, serve it with all
// others and call it.
func TestBilling(t *testing.T) {
	strict := os.Getenv("PARLEY_TEST_STRICT") == "1"
	if !strict && os.Getenv("PARLEY_TEST_SLOW") != "1" {
		t.Skip("slow test: set PARLEY_TEST_SLOW=1 to run it")
	}
	s := newScratch(t)
	s.run(".", "go", "tool", "newservice", "-name", "billing")
	s.run(".", "git", "add", "--all")
	s.run(".", "tools/sh/lint.sh")
	if code := s.tryRun(".", "tools/sh/generate.sh"); code != 0 && (code != 3 || strict) {
		t.Fatalf("generate.sh exited with %d", code) // 3: no Python generator, the rest is generated
	}
	s.run(".", "go", "test", "-count=1", "./services/billing/...")
	s.run(".", "go", "vet", "./services/billing/...", "./cmd/parley")
	s.run(".", "go", "test", "-count=1", "./tools/imports")
	for _, module := range []string{"services/billing", "cmd/parley"} {
		s.env = append(s.env, "GOWORK=off")
		s.run(module, "go", "vet", "./...")
		s.env = s.env[:len(s.env)-1]
	}
	s.serve(func(url string) {
		s.post(url+"/parley.billing.v1.BillingService/GetGreeting", `{"name": "World"}`, `"Hello, World!"`)
		s.post(url+"/grpc.health.v1.Health/Check", `{"service": "parley.billing.v1.BillingService"}`, `SERVING`)
	})
	if code := s.tryRun(".", "go", "tool", "newservice", "-name", "billing"); code == 0 {
		t.Error("the same service was written twice")
	}
}

// scratch is a copy of the repository's tracked and new files.
type scratch struct {
	t   *testing.T
	dir string
	env []string
}

func newScratch(t *testing.T) *scratch {
	t.Helper()
	root, err := pinned.Root()
	if err != nil {
		t.Fatal(err)
	}
	s := &scratch{t: t, dir: t.TempDir()}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "PARLEY_") && !strings.HasPrefix(entry, "OTEL_") {
			s.env = append(s.env, entry)
		}
	}
	s.env = append(s.env, "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -buildvcs=false")) // nothing is committed
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
	list.Dir = root
	files, err := list.Output()
	if err != nil {
		t.Fatalf("list the repository's files: %v", err)
	}
	for file := range strings.SplitSeq(strings.TrimSuffix(string(files), "\x00"), "\x00") {
		s.copy(root, file)
	}
	for _, tools := range []string{".bin", "tools/node_modules"} { // built once for all
		if _, err := os.Stat(filepath.Join(root, tools)); err != nil {
			t.Fatalf("%s is missing: run go tool task setup", tools)
		}
		if err := os.Symlink(filepath.Join(root, tools), filepath.Join(s.dir, tools)); err != nil {
			t.Fatal(err)
		}
	}
	s.run(".", "git", "init", "--quiet")
	return s
}

func (s *scratch) copy(root, file string) {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(root, file))
	if errors.Is(err, os.ErrNotExist) { // deleted, not yet committed
		return
	}
	info, statErr := os.Stat(filepath.Join(root, file))
	if err := errors.Join(err, statErr); err != nil {
		s.t.Fatal(err)
	}
	target := filepath.Join(s.dir, file)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(target, content, info.Mode().Perm()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scratch) run(dir string, command ...string) {
	s.t.Helper()
	if code := s.tryRun(dir, command...); code != 0 {
		s.t.Fatalf("%s exited with %d", strings.Join(command, " "), code)
	}
}

// tryRun runs a command in a folder of the copy, logs it with its time and
// output, and returns its exit code.
func (s *scratch) tryRun(dir string, command ...string) int {
	s.t.Helper()
	start := time.Now()
	cmd := s.command(dir, command...)
	output, err := cmd.CombinedOutput()
	s.t.Logf("%6.1f s  %s\n%s", time.Since(start).Seconds(), strings.Join(command, " "), output)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatalf("start %s: %v", command[0], err)
	}
	return cmd.ProcessState.ExitCode()
}

func (s *scratch) command(dir string, command ...string) *exec.Cmd {
	path := command[0]
	if strings.Contains(path, "/") && !filepath.IsAbs(path) {
		path = filepath.Join(s.dir, path)
	}
	cmd := exec.CommandContext(s.t.Context(), path, command[1:]...)
	cmd.Dir = filepath.Join(s.dir, dir)
	cmd.Env = slices.Concat(s.env, []string{"PWD=" + cmd.Dir})
	return cmd
}

// serve runs `parley serve` while use runs, then stops it with SIGTERM.
func (s *scratch) serve(use func(url string)) {
	s.t.Helper()
	binary := filepath.Join(s.t.TempDir(), "parley")
	s.run(".", "go", "build", "-o", binary, "./cmd/parley")
	cmd := s.command(".", binary, "serve", "--listen=127.0.0.1:0", "--admin-listen=", "--log-format=json")
	cmd.Dir = s.t.TempDir() // whatever it stores by default belongs to this test
	stderr, err := cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	lines, log := bufio.NewScanner(stderr), new(bytes.Buffer)
	for served := false; lines.Scan(); { // until the process ends, or with the test's time limit
		log.Write(append(lines.Bytes(), '\n'))
		var line struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" && !served {
			served = true
			use(line.URL)
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				s.t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(log.String(), "serving") {
		s.t.Errorf("parley serve: %v\n%s", err, log)
	}
}

func (s *scratch) post(url, body, want string) {
	s.t.Helper()
	res, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(answer), want) {
		s.t.Errorf("%s: got %s %s %v, want %s", url, res.Status, answer, err, want)
	}
}
