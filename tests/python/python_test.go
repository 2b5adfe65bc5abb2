package python_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/tests/harness"
)

// interpreter is Debian's: the python3 on PATH may be one without grpcio.
const interpreter = "/usr/bin/python3"

// outcome is what a Python program left behind.
type outcome struct {
	stdout, stderr string
	code           int
}

// python returns the command that runs a program with the given module path. It is
// killed when the test ends.
func python(t *testing.T, modules string, arguments ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), harness.Tool(t, interpreter), arguments...)
	cmd.Env = append(harness.Environment(), "PYTHONPATH="+modules, "PYTHONDONTWRITEBYTECODE=1", "PYTHONIOENCODING=utf-8")
	return cmd
}

// runPython runs a program with the given module path.
func runPython(t *testing.T, modules string, arguments ...string) outcome {
	t.Helper()
	return run(t, python(t, modules, arguments...))
}

// endTime is how long a command may take. A program with grpcio 1.51 that was about to exit
// was seen to wait for ever in the library instead, with nothing but its main thread left.
const endTime = 3 * time.Minute

// run runs a command to its end, or kills it after endTime, which its exit code says.
func run(t *testing.T, cmd *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatalf("run python: %v", err)
	}
	kill := time.AfterFunc(endTime, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	_ = cmd.Wait() // an error says less than the exit code
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// needGRPC skips the test by name where grpcio is missing.
func needGRPC(t *testing.T) {
	t.Helper()
	if result := runPython(t, "", "-c", "import grpc, google.protobuf"); result.code != 0 {
		if os.Getenv("PARLEY_TEST_STRICT") == "1" {
			t.Fatalf("missing prerequisite: python3-grpcio, python3-protobuf: %s", result.stderr)
		}
		t.Skip("missing prerequisite: python3-grpcio, python3-protobuf")
	}
}

// command returns the command that runs one of the clients.
func command(t *testing.T, name string, arguments ...string) *exec.Cmd {
	t.Helper()
	root := harness.Root(t)
	script := filepath.Join(root, "clients", "python", name)
	return python(t, filepath.Join(root, "gen", "python"), append([]string{script}, arguments...)...)
}

// client runs one of the clients to its end.
func client(t *testing.T, name string, arguments ...string) outcome {
	t.Helper()
	return run(t, command(t, name, arguments...))
}

const (
	question = `message: "Hello Server you there?"`
	answer   = `message: "Hello I am up and running. Received ‘Hello Server you there?’ message from you"`
)

func TestUnaryClient(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	server := harness.Start(t)
	for name, test := range map[string]struct {
		arguments []string
		want      outcome
	}{
		"default":   {nil, outcome{stdout: question + "\n" + answer + "\n"}},
		"a message": {[]string{"Grüße"}, outcome{stdout: "message: \"Grüße\"\nmessage: \"Hello I am up and running. Received ‘Grüße’ message from you\"\n"}},
		"violation": {[]string{""}, outcome{
			stdout: "message: \"\"\n",
			stderr: "INVALID_ARGUMENT (INVALID_FIELD): message: must be at least 1 bytes\n",
			code:   1,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := client(t, "unary_client.py", append(test.arguments, "--server", server.Addr)...); got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// TestUnreachable checks that an error without details is described as well.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	server := harness.Start(t)
	server.Stop(t)
	got := client(t, "unary_client.py", "--server", server.Addr, "--timeout", "5")
	if got.code != 1 || !strings.HasPrefix(got.stderr, "UNAVAILABLE: ") {
		t.Errorf("got %+v", got)
	}
}

func TestBidirectionalClient(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	server := harness.Start(t)
	for name, flags := range map[string][]string{"each": nil, "after all": {"--after-all"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := client(t, "bidirectional_client.py", append(flags, "--server", server.Addr)...)
			if got.code != 0 || got.stderr != "" {
				t.Errorf("exit code %d, %s", got.code, got.stderr)
			}
			for _, prefix := range []string{"Hello Server Sending you the ", "Hello from the server received your "} {
				var texts []string
				for line := range strings.Lines(got.stdout) {
					if text, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), prefix); ok {
						texts = append(texts, text)
					}
				}
				want := []string{"First message", "Second message", "Third message", "Fourth message", "Fifth message"}
				if !slices.Equal(texts, want) {
					t.Errorf("%q: got %q, want %q", prefix, texts, want)
				}
			}
			if lines := strings.Count(got.stdout, "\n"); lines != 10 {
				t.Errorf("%d lines, want 10", lines)
			}
		})
	}
}

func TestBidirectionalClientFails(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	server := harness.Start(t)
	got := client(t, "bidirectional_client.py", "First message", "", "--server", server.Addr)
	if got.code != 1 || got.stderr != "INVALID_ARGUMENT (INVALID_FIELD): message: must be at least 1 bytes\n" {
		t.Errorf("got %+v", got)
	}
	if !strings.Contains(got.stdout, "Hello from the server received your First message") {
		t.Errorf("the answer before the error is missing: %q", got.stdout)
	}
}

// TestClassicStubs generates stubs from the tutorial's schema, as its readers
// have, and calls with those.
func TestClassicStubs(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	protoc, plugin := harness.Tool(t, "protoc"), harness.Tool(t, "grpc_python_plugin")
	stubs := t.TempDir()
	generate := exec.CommandContext(t.Context(), protoc, "--plugin=protoc-gen-grpc_python="+plugin,
		"--python_out="+stubs, "--grpc_python_out="+stubs, "-I", filepath.Join(harness.Root(t), "tests", "node", "classic"),
		"unary.proto", "bidirectional.proto")
	if output, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("generate the stubs: %v\n%s", err, output)
	}
	server := harness.Start(t)
	got := runPython(t, stubs, filepath.Join("testdata", "classic.py"), server.Addr)
	want := outcome{stdout: strings.Trim(answer[len("message: "):], `"`) + " True\nFirst message\nSecond message\n"}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
