package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// TestExcludingFlags holds that no flag of a command line is passed over without a
// word because of another one. What the environment says is for other commands,
// too, and gives way.
func TestExcludingFlags(t *testing.T) {
	t.Parallel()
	encrypted := harness.StartTLS(t)
	u := newUser(t)
	data, target, text := filepath.Join(u.home, "data"), filepath.Join(u.home, "backup"), filepath.Join(u.home, "text")
	if err := os.WriteFile(text, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	u.runs(t, "", "context", "add", "tls", "--server", encrypted.URL, "--ca-file", encrypted.CAFile, "--use").says(t, "add", 0)
	const ok, failed, usage, away = 0, 1, 2, 3
	for name, test := range map[string]struct {
		env  string // separated by blanks, as the arguments
		args string
		code int
		says string
	}{
		"template and JSON":             {"", "subscribe t --template {{.Text}} --output json", usage, "--template and --output json both say how a message is printed: give one"},
		"template and text":             {"", "subscribe t --template {{.Text}} --output text", failed, "Topic t does not exist"},
		"template before JSON":          {"PARLEY_OUTPUT=json", "subscribe t --template {{.Text}}", failed, "Topic t does not exist"},
		"messages and a file":           {"", "publish t message --file x", usage, "messages or --file, not both"},
		"set and cleared":               {"", "topic update t --max-age 1d --clear max-age", usage, "--max-age is given and cleared"},
		"two servers":                   {"", "topic list --server a:1 --context tls", usage, "both name a server: give one"},
		"two tokens":                    {"", "unary hi --token a --token-file " + encrypted.CAFile, usage, "both name a token: give one"},
		"trust some and everybody":      {"", "unary hi --ca-file " + encrypted.CAFile + " --insecure-skip-verify", usage, "--insecure-skip-verify trusts everybody"},
		"both in the environment":       {"PARLEY_INSECURE_SKIP_VERIFY=true PARLEY_CA_FILE=" + encrypted.CAFile, "unary hi", usage, "PARLEY_CA_FILE"},
		"trust everybody, not some":     {"", "unary hi --insecure-skip-verify", ok, "up and running"},
		"a file before the environment": {"PARLEY_INSECURE_SKIP_VERIFY=true", "unary hi --server " + encrypted.URL + " --ca-file " + text, usage, "holds no PEM certificate"},
		"TLS without TLS":               {"", "unary hi --server http://127.0.0.1:1 --insecure-skip-verify", usage, "need an https:// address"},
		"gRPC over HTTP/1.1":            {"", "unary hi --http 1.1 --protocol grpc", usage, "gRPC needs HTTP/2"},
		"a stream over HTTP/1.1":        {"", "bidirectional --http 1.1", usage, "a bidirectional stream needs HTTP/2"},
		"a talk over HTTP/1.1":          {"", "exchange t --http 1.1", usage, "a bidirectional stream needs HTTP/2"},
		"a bench over HTTP/1.1":         {"", "bench publish exchange --http 1.1", usage, "a bidirectional stream needs HTTP/2"},
		"a time-out in the past":        {"", "topic list --timeout=-1s", usage, "--timeout -1s: must not be negative"},
		"a topic for calls":             {"", "bench unary bidirectional --topic t", usage, "--topic is for workloads that need a topic: unary, bidirectional"},
		"a topic for one of two":        {"", "bench unary publish --topic t", failed, "Topic t does not exist"},
		"batches of calls":              {"", "bench unary --batch 2", usage, "--batch is for workloads that publish: unary"},
		"batches of readers":            {"", "bench replay --batch 2", usage, "--batch is for workloads that publish: replay"},
		"a server for --offline":        {"", "backup " + target + " --offline --admin 127.0.0.1:1", usage, "--offline is for a stopped one: give one"},
		"a server in the environment":   {"PARLEY_ADMIN=127.0.0.1:1", "backup " + target + " --offline --data-dir " + data, failed, data + " does not exist"},
		"a limit for --offline":         {"", "backup " + target + " --offline --timeout 1m", usage, "--timeout is for a running server"},
		"a limit in the environment":    {"PARLEY_TIMEOUT=1m", "backup " + target + " --offline --data-dir " + data, failed, data + " does not exist"},
		"a directory of a server":       {"", "backup " + target + " --data-dir " + data, usage, "--data-dir is for --offline"},
		"a directory, elsewhere":        {"PARLEY_DATA_DIR=" + data, "backup " + target + " --admin 127.0.0.1:1", away, "nothing listens on 127.0.0.1:1"},
		"a context with two tokens":     {"", "context add x --server https://a --token a --token-file " + encrypted.CAFile, usage, "--token and --token-file"},
		"half of TLS":                   {"", "serve --tls-cert x.pem", usage, "--tls-cert and --tls-key go together"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u.with(strings.Fields(test.env)...).runs(t, "", strings.Fields(test.args)...).says(t, test.args, test.code, test.says)
		})
	}
}

// TestBenchLeavesOut holds that what a connection cannot carry is named.
func TestBenchLeavesOut(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	bench(t, server, "--http", "1.1").says(t, "bench", 0, "\nunary ", "\nreplay ", "parley: left out, for they need HTTP/2: bidirectional, exchange, subscribe\n")
}
