package cli_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

var workloads = []string{"unary", "bidirectional", "publish", "exchange", "subscribe", "replay"}

// short makes a workload take the time to see that it works.
var short = []string{"--duration", "200ms", "--warm-up", "50ms", "--concurrency", "2", "--in-flight", "8"}

func bench(t *testing.T, server *harness.Server, args ...string) result {
	t.Helper()
	return parley(t, append(append([]string{"bench", "--server", server.URL}, short...), args...)...)
}

// TestBenchTable measures everything and looks at the table.
func TestBenchTable(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	got := bench(t, server, "--batch", "3")
	if got.code != 0 || got.stderr != "" {
		t.Errorf("exit code %d\n%s", got.code, got.stderr)
	}
	for _, part := range []string{server.URL + ", connect proto, HTTP/2", "published in batches of 3", "share this machine", "once for each of the 2 readers"} {
		if !strings.Contains(got.stdout, part) {
			t.Errorf("the table does not say %q:\n%s", part, got.stdout)
		}
	}
	var pattern strings.Builder
	pattern.WriteString(`(?s)WORKLOAD +MESSAGES/S +BYTES/S +P50 +P99 +MAX +ERRORS +LATENCY OF\n`)
	for _, name := range workloads {
		// Of a replay no first message may come in so short a time.
		fmt.Fprintf(&pattern, `%s +[1-9][\d,]* +[\d.]+ \w*B +(-|[\d.]+[µm]?s) +(-|[\d.]+[µm]?s) +(-|[\d.]+[µm]?s) +0 +a [a-z ]+\n`, name)
	}
	if !regexp.MustCompile(pattern.String() + "$").MatchString(got.stdout) {
		t.Errorf("the table:\n%s", got.stdout)
	}
	if topics := must(t, server, "topic", "list").stdout; strings.Contains(topics, "bench") {
		t.Errorf("left behind:\n%s", topics)
	}
}

// TestBenchJSON measures into a topic that stays, over other protocols.
func TestBenchJSON(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "mine")
	got := bench(t, server, "publish", "subscribe", "unary", "--topic", "mine", "--output", "json", "--protocol", "grpc", "--size", "1KiB")
	lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
	if got.code != 0 || len(lines) != 3 {
		t.Fatalf("exit code %d, %d lines\n%s%s", got.code, len(lines), got.stdout, got.stderr)
	}
	var published float64
	for i, name := range []string{"publish", "subscribe", "unary"} {
		var r map[string]any
		if err := json.Unmarshal([]byte(lines[i]), &r); err != nil {
			t.Fatalf("%v: %s", err, lines[i])
		}
		number := func(key string) float64 { return r[key].(float64) }
		if r["workload"] != name || r["protocol"] != "grpc" || r["same_machine"] != true || number("errors") != 0 || number("size") != 1024 {
			t.Errorf("%s", lines[i])
		}
		if number("messages") < 1 || number("bytes") != 1024*number("messages") || number("seconds") < 0.2 || number("messages_per_second") <= 0 ||
			number("p50_seconds") <= 0 || number("p99_seconds") < number("p50_seconds") || number("max_seconds") < number("p99_seconds") {
			t.Errorf("%s", lines[i])
		}
		if name == "publish" {
			published = number("messages")
		}
	}
	var topic map[string]any
	if err := json.Unmarshal([]byte(must(t, server, "topic", "show", "mine", "--output", "json").stdout), &topic); err != nil {
		t.Fatal(err)
	}
	var stored float64
	if _, err := fmt.Sscan(topic["storedMessages"].(string), &stored); err != nil || stored < published {
		t.Errorf("%v messages are stored, %v are said to be: %v", stored, published, err)
	}
}

// TestBenchInterrupt holds that Ctrl-C prints what there is and leaves no topic.
func TestBenchInterrupt(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	f := follow(t, "bench", "publish", "--duration", "1h", "--server", server.URL)
	harness.Eventually(t, "messages are published", func() bool {
		return server.Metric(t, "parley_messaging_published_messages_total") > 100
	})
	got := f.interrupt(t)
	if got.code != 130 || !strings.Contains(got.stdout, "\npublish ") || got.stderr != "" {
		t.Errorf("%v", got)
	}
	if topics := must(t, server, "topic", "list").stdout; strings.Contains(topics, "bench") {
		t.Errorf("left behind:\n%s", topics)
	}
}

// TestBenchFailures holds that errors are counted, shown and told by the exit code.
func TestBenchFailures(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "tiny", "--max-message-bytes", "50")
	nobody := unusedAddress(t)
	for _, test := range []struct {
		args string
		code int
		says []string
	}{
		{"publish --topic tiny", 1, []string{"\npublish ", "MESSAGE_OVER_TOPIC_LIMIT"}},
		{"exchange --topic tiny", 1, []string{"\nexchange ", "max_message_bytes"}},
		{"subscribe --topic tiny", 1, []string{"\nsubscribe ", "max_message_bytes"}},
		{"replay --topic tiny", 1, []string{"MESSAGE_OVER_TOPIC_LIMIT"}},
		{"publish --topic nothing", 1, []string{"TOPIC_NOT_FOUND", "parley topic create nothing"}},
		{"latency", 2, []string{`"latency"`, "replay"}},
		{"publish --batch 1001", 2, []string{"--batch", "1 to 1000"}},
		{"publish --concurrency 0", 2, []string{"--concurrency"}},
		{"publish --size 10", 2, []string{"--size", "16 bytes"}},
		{"publish --size 1MiB --batch 4", 2, []string{"smaller --batch"}},
		{"publish --duration 0s", 2, []string{"--duration"}},
		{"exchange --http 1.1", 2, []string{"HTTP/2"}},
	} {
		t.Run(test.args, func(t *testing.T) {
			t.Parallel()
			bench(t, server, strings.Fields(test.args)...).says(t, test.args, test.code, test.says...)
		})
	}
	parley(t, "bench", "--server", nobody).says(t, "nobody there", 3, nobody, "parley serve")
}
