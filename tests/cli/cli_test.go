package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

const hello = "Hello Server you there?"

// result is what one run of the command left behind.
type result struct {
	stdout, stderr string
	code           int
	dir            string // where it ran
}

func parley(t *testing.T, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(t.Context(), harness.Binary(t), args...)
	cmd.Stdout, cmd.Stderr, cmd.Env, cmd.Dir = &out, &errOut, harness.Environment(), t.TempDir()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run parley: %v", err)
	}
	return result{out.String(), errOut.String(), cmd.ProcessState.ExitCode(), cmd.Dir}
}

func (r result) expect(t *testing.T, what string, code int, stdout string) {
	t.Helper()
	if r.code != code || r.stdout != stdout {
		t.Errorf("%s: exit code %d, output %q, want %d, %q\n%s", what, r.code, r.stdout, code, stdout, r.stderr)
	}
}

func wireFlags(server *harness.Server, wire harness.Wire) []string {
	flags := []string{"--server", server.URL, "--protocol", wire.Protocol.String(), "--codec", wire.Codec.String(), "--http", wire.HTTP.String()}
	if wire.TLS {
		flags = append(flags, "--ca-file", server.CAFile)
	}
	return flags
}

func TestUnary(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t)
	for _, wire := range harness.Wires() {
		t.Run(wire.String(), func(t *testing.T) {
			t.Parallel()
			got := parley(t, append([]string{"unary", hello}, wireFlags(pair.Server(wire), wire)...)...)
			got.expect(t, "parley unary", 0, `message: "Hello Server you there?"`+"\n"+
				`message: "Hello I am up and running. Received ‘Hello Server you there?’ message from you"`+"\n")
		})
	}
}

func TestBidirectional(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t)
	ordinals := []string{"First", "Second", "Third", "Fourth", "Fifth"}
	var sent, received []string
	for _, ordinal := range ordinals {
		sent = append(sent, "Hello Server Sending you the "+ordinal+" message")
		received = append(received, "Hello from the server received your "+ordinal+" message")
	}
	for _, wire := range harness.Wires() {
		if !wire.Duplex() {
			continue
		}
		for _, flag := range []string{"", "--after-all"} {
			t.Run(wire.String()+flag, func(t *testing.T) {
				t.Parallel()
				args := append([]string{"bidirectional"}, wireFlags(pair.Server(wire), wire)...)
				if flag != "" {
					args = append(args, flag)
				}
				got := parley(t, args...)
				if got.code != 0 {
					t.Fatalf("exit code %d\n%s", got.code, got.stderr)
				}
				// Sends and answers interleave; each direction keeps its order.
				var ours, theirs []string
				for line := range strings.Lines(got.stdout) {
					line = strings.TrimSuffix(line, "\n")
					if strings.HasPrefix(line, "Hello Server") {
						ours = append(ours, line)
					} else {
						theirs = append(theirs, line)
					}
				}
				if fmt.Sprint(ours) != fmt.Sprint(sent) || fmt.Sprint(theirs) != fmt.Sprint(received) {
					t.Errorf("output:\n%s", got.stdout)
				}
			})
		}
	}
}

func TestOutputJSON(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	parley(t, "unary", "a", "--output", "json", "--server", server.URL).expect(t, "unary", 0,
		`{"message":"a"}`+"\n"+`{"message":"Hello I am up and running. Received ‘a’ message from you","received":true}`+"\n")
	parley(t, "bidirectional", "--output", "json", "--after-all", "--server", server.URL, "a", "b").expect(t, "bidirectional", 0,
		`{"message":"a","answerTiming":"ANSWER_TIMING_AFTER_ALL"}`+"\n"+`{"message":"b"}`+"\n"+`{"message":"a"}`+"\n"+`{"message":"b"}`+"\n")
}

// TestFailures checks exit codes, and that the text says what to do.
func TestFailures(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t)
	clear, encrypted := pair.Clear.URL, pair.Encrypted.URL
	nobody := "http://" + unusedAddress(t)
	for _, test := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"refused by the server", []string{"unary", "", "--server", clear}, 1, []string{"invalid_argument", "message", "INVALID_FIELD"}},
		{"refused in a stream", []string{"bidirectional", "a", "", "--server", clear}, 1, []string{"invalid_argument", "INVALID_FIELD"}},
		{"deadline", []string{"unary", "a", "--timeout", "1ns", "--server", clear}, 1, []string{"deadline"}},
		{"no argument", []string{"unary"}, 2, []string{"message", "parley unary --help"}},
		{"unknown command", []string{"unry"}, 2, []string{"unry", "parley --help"}},
		{"flag before the command", []string{"--server", "x", "unary", "hi"}, 2, []string{"put --server after the command"}},
		{"unknown flag", []string{"unary", "a", "--protcol", "grpc"}, 2, []string{"--protcol", "parley unary --help"}},
		{"unknown protocol", []string{"unary", "a", "--protocol", "soap"}, 2, []string{"soap", "connect", "grpc", "grpcweb"}},
		{"impossible combination", []string{"unary", "a", "--protocol", "grpc", "--http", "1.1"}, 2, []string{"HTTP/2"}},
		{"bad address", []string{"unary", "a", "--server", "ftp://x"}, 2, []string{"ftp"}},
		{"missing file", []string{"unary", "a", "--ca-file", "no-such-file"}, 2, []string{"no-such-file"}},
		{"nobody there", []string{"unary", "a", "--server", nobody}, 3, []string{nobody, "refused", "parley serve"}},
		{"nobody there, stream", []string{"bidirectional", "--server", nobody}, 3, []string{nobody, "refused", "parley serve"}},
		{"TLS expected", []string{"unary", "a", "--server", strings.Replace(encrypted, "https:", "http:", 1)}, 3, []string{"unavailable", "http://" + pair.Encrypted.Addr}}, // or it is just stopping: worth another try
		{"TLS not expected", []string{"unary", "a", "--server", strings.Replace(clear, "http:", "https:", 1)}, 1, []string{"http://"}},
		{"unknown authority", []string{"unary", "a", "--server", encrypted}, 1, []string{"authority", "CA file"}},
		{"serve: not loopback", []string{"serve", "--listen", "0.0.0.0:0"}, 2, []string{"--allow-anonymous"}},
		{"serve: half of TLS", []string{"serve", "--tls-cert", "x.pem"}, 2, []string{"--tls-key"}},
		{"serve: missing certificate", []string{"serve", "--tls-cert", "x.pem", "--tls-key", "y.pem"}, 1, []string{"x.pem"}},
		{"serve: address in use", []string{"serve", "--listen", pair.Clear.Addr}, 1, []string{"--listen", "in use", "Is another server running?", "--listen 127.0.0.1:0"}},
		{"serve: admin address in use", []string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", pair.Clear.Addr}, 1, []string{"in use", `--admin-listen ""`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := parley(t, test.args...)
			if got.code != test.code {
				t.Errorf("exit code %d, want %d", got.code, test.code)
			}
			for _, part := range test.says {
				if !strings.Contains(got.stderr, part) {
					t.Errorf("the text does not say %q:\n%s", part, got.stderr)
				}
			}
			if left, err := os.ReadDir(got.dir); err != nil || len(left) > 0 {
				t.Errorf("it leaves %v behind, %v", left, err)
			}
			if strings.Contains(got.stderr, "goroutine ") {
				t.Errorf("a stack trace:\n%s", got.stderr)
			}
		})
	}
}

// unusedAddress returns a loopback address nobody listens on.
func unusedAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestInterrupt stops a client that waits for a server that never answers.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	var errOut bytes.Buffer
	cmd := exec.CommandContext(t.Context(), harness.Binary(t), "unary", "a", "--server", "http://"+silent.Addr().String())
	cmd.Env, cmd.Stderr = harness.Environment(), &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := silent.Accept() // the client is calling
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code says it
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130\n%s", code, &errOut)
	}
}

// TestVersion holds that the flag and the command say the same.
func TestVersion(t *testing.T) {
	t.Parallel()
	command, flag := parley(t, "version"), parley(t, "--version")
	if command.code != 0 || !strings.HasPrefix(command.stdout, "parley ") {
		t.Errorf("%v", command)
	}
	flag.expect(t, "--version", 0, command.stdout)
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		says []string
	}{
		{[]string{"--help"}, []string{"serve", "unary", "bidirectional", "version", "Exit codes", "PARLEY_SERVER"}},
		{[]string{"serve", "--help"}, []string{"--listen", "127.0.0.1:8080", "$PARLEY_LISTEN", "--drain-timeout", "Examples:"}},
		{[]string{"serve", "--help"}, []string{"./parley-data"}},
		{[]string{"store", "check", "--help"}, []string{"./parley-data"}},
		{[]string{"restore", "--help"}, []string{"./parley-data", "10^12"}},
		{[]string{"publish", "--help"}, []string{"name one"}},
		{[]string{"install-completions", "--help"}, []string{"Changes no file", "~/.bashrc"}},
		{[]string{"unary", "--help"}, []string{"--protocol", "$PARLEY_PROTOCOL", "Several are", "Examples:"}},
		{[]string{"bidirectional", "--help"}, []string{"--after-all", "Examples:"}},
		{[]string{"exchange", "--help"}, []string{"--keep-listening", "Ctrl-D", "Examples:"}},
		{[]string{"bench", "--help"}, []string{"replay", "share its processors", "Examples:"}},
		{[]string{"context", "--help"}, []string{"PARLEY_CONTEXT", "no other server", "Examples:"}},
		{[]string{"context", "add", "--help"}, []string{"--token-file", "unencrypted", "Examples:"}},
	} {
		got := parley(t, test.args...)
		if got.code != 0 || got.stderr != "" {
			t.Errorf("%v: exit code %d, %s", test.args, got.code, got.stderr)
		}
		for _, part := range test.says {
			if !strings.Contains(got.stdout, part) {
				t.Errorf("%v does not say %q:\n%s", test.args, part, got.stdout)
			}
		}
	}
	if got := parley(t, "version"); got.code != 0 || !strings.HasPrefix(got.stdout, "parley ") || !strings.Contains(got.stdout, " go1.") {
		t.Errorf("version: exit code %d, %q", got.code, got.stdout)
	}
}
