package python_test

import (
	"bytes"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// process is a Python client that runs beside the test.
type process struct {
	cmd         *exec.Cmd
	stdin       io.WriteCloser
	out, errOut output
}

// start runs one of the clients beside the test, which kills it at its end.
func start(t *testing.T, name string, arguments ...string) *process {
	t.Helper()
	p := &process{cmd: command(t, name, arguments...)}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.errOut
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = stdin
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s:\n%s\n%s", name, p.out.String(), p.errOut.String())
		}
	})
	return p
}

// printed waits until the client has printed a text.
func (p *process) printed(t *testing.T, text string) {
	t.Helper()
	harness.Eventually(t, "the client prints "+text, func() bool { return strings.Contains(p.out.String(), text) })
}

// said waits until the client has reported a text on standard error.
func (p *process) said(t *testing.T, text string) {
	t.Helper()
	harness.Eventually(t, "the client says "+text, func() bool { return strings.Contains(p.errOut.String(), text) })
}

// ended waits until the client has ended by itself and returns what it left.
func (p *process) ended(t *testing.T) outcome {
	t.Helper()
	_ = p.stdin.Close()
	_ = p.cmd.Wait() // ProcessState has the result
	return outcome{p.out.String(), p.errOut.String(), p.cmd.ProcessState.ExitCode()}
}

// contents returns the last word of each line: what was published.
func (o outcome) contents() []string {
	var words []string
	for line := range strings.Lines(o.stdout) {
		fields := strings.Fields(line)
		words = append(words, fields[len(fields)-1])
	}
	return words
}

// output is a bytes.Buffer that a process fills while the test looks.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
