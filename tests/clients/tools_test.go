package clients_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

const (
	unaryName  = "parley.unary.v1.UnaryService/GetServerResponse"
	duplexName = "parley.bidirectional.v1.BidirectionalService/GetServerResponse"
)

// runTool runs a program and returns its standard output, its standard error
// and whether it exited with 0.
func runTool(t *testing.T, path string, args ...string) (stdout, stderr string, ok bool) {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	return out.String(), errOut.String(), err == nil
}

// messages decodes a sequence of JSON objects and returns their messages.
func messages(t *testing.T, output string) []string {
	t.Helper()
	var texts []string
	for decoder := json.NewDecoder(strings.NewReader(output)); decoder.More(); {
		var object struct{ Message string }
		if err := decoder.Decode(&object); err != nil {
			t.Fatalf("decode %q: %v", output, err)
		}
		texts = append(texts, object.Message)
	}
	return texts
}

const twoRequests = `{"message":"First message"}{"message":"Second message"}`

func expect(t *testing.T, tool string, want []string, stdout, stderr string, ok bool) {
	t.Helper()
	if !ok {
		t.Fatalf("%s failed:\n%s%s", tool, stdout, stderr)
	}
	if got := messages(t, stdout); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s printed %q, want %q", tool, got, want)
	}
}

// TestGRPCurl needs no schema: reflection tells it.
func TestGRPCurl(t *testing.T) {
	t.Parallel()
	grpcurl := harness.Tool(t, "grpcurl")
	pair := harness.StartPair(t)
	for name, server := range map[string]*harness.Server{"h2c": pair.Clear, "tls": pair.Encrypted} {
		flags := []string{"-plaintext"}
		if server.CAFile != "" {
			flags = []string{"-cacert", server.CAFile}
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := func(args ...string) (string, string, bool) {
				return runTool(t, grpcurl, append(append([]string{}, flags...), args...)...)
			}
			stdout, stderr, ok := call("-d", fmt.Sprintf(`{"message":%q}`, hello), server.Addr, unaryName)
			expect(t, "grpcurl", []string{answer}, stdout, stderr, ok)
			stdout, stderr, ok = call("-d", twoRequests, server.Addr, duplexName)
			expect(t, "grpcurl", []string{"First message", "Second message"}, stdout, stderr, ok)

			stdout, _, _ = call(server.Addr, "list")
			for _, service := range []string{"parley.unary.v1.UnaryService", "parley.bidirectional.v1.BidirectionalService", "grpc.health.v1.Health"} {
				if !strings.Contains(stdout, service+"\n") {
					t.Errorf("reflection does not list %s: %q", service, stdout)
				}
			}
			if _, stderr, ok = call("-d", `{}`, server.Addr, unaryName); ok || !strings.Contains(stderr, "InvalidArgument") || !strings.Contains(stderr, "INVALID_FIELD") {
				t.Errorf("an empty message: ok %t, %s", ok, stderr)
			}
		})
	}
}

// TestBufCurl speaks each protocol from the terminal.
func TestBufCurl(t *testing.T) {
	t.Parallel()
	buf := harness.Tool(t, "buf")
	pair := harness.StartPair(t)
	for name, server := range map[string]*harness.Server{"h2c": pair.Clear, "tls": pair.Encrypted} {
		flags := []string{"--http2-prior-knowledge"}
		if server.CAFile != "" {
			flags = []string{"--cacert", server.CAFile}
		}
		for _, protocol := range []string{"connect", "grpc", "grpcweb"} {
			t.Run(name+"/"+protocol, func(t *testing.T) {
				t.Parallel()
				call := func(method, data string) (string, string, bool) {
					return runTool(t, buf, append([]string{"curl", "--protocol", protocol, "-d", data, server.URL + "/" + method}, flags...)...)
				}
				stdout, stderr, ok := call(unaryName, fmt.Sprintf(`{"message":%q}`, hello))
				expect(t, "buf curl", []string{answer}, stdout, stderr, ok)
				stdout, stderr, ok = call(duplexName, twoRequests)
				expect(t, "buf curl", []string{"First message", "Second message"}, stdout, stderr, ok)
				if _, stderr, ok = call(unaryName, `{}`); ok || !strings.Contains(stderr, "invalid_argument") {
					t.Errorf("an empty message: ok %t, %s", ok, stderr)
				}
			})
		}
	}
}

// TestCurl is the first line a newcomer tries.
func TestCurl(t *testing.T) {
	t.Parallel()
	curl := harness.Tool(t, "curl")
	pair := harness.StartPair(t)
	for _, test := range []struct {
		name   string
		server *harness.Server
		flags  []string
	}{
		{"http1", pair.Clear, nil},
		{"h2c", pair.Clear, []string{"--http2-prior-knowledge"}},
		{"tls", pair.Encrypted, []string{"--cacert", pair.Encrypted.CAFile}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			post := append([]string{"-sS", test.server.URL + "/" + unaryName, "--json", fmt.Sprintf(`{"message":%q}`, hello)}, test.flags...)
			stdout, stderr, ok := runTool(t, curl, post...)
			expect(t, "curl", []string{answer}, stdout, stderr, ok)
			get := append([]string{"-sS", "-G", test.server.URL + "/" + unaryName, "--data-urlencode", fmt.Sprintf(`message={"message":%q}`, hello), "-d", "encoding=json", "-d", "connect=v1"}, test.flags...)
			stdout, stderr, ok = runTool(t, curl, get...)
			expect(t, "curl -G", []string{answer}, stdout, stderr, ok)
		})
	}
}
