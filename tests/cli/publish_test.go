package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

func writeFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestPublishJSON holds that a line of JSON is a message, which flags complete.
func TestPublishJSON(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "orders")
	file := writeFile(t, `{"id": "mine", "key": "own-key", "attributes": {"a": "own"}, "text": "one"}`+"\n\n"+`{"data": "AP8="}`+"\r\n"+`{"text": ""}`)
	args := []string{"publish", "orders", "--format", "json", "--file", file, "--id-prefix", "import", "--key", "k", "--attribute", "a=A", "--attribute", "b=B"}
	must(t, server, args...).expect(t, "publish", 0, "published 3 messages to orders: sequences 1 to 3, synced to disk\n")
	must(t, server, args...).expect(t, "again", 0, "published nothing new to orders, 3 duplicates left out, synced to disk\n")
	got := must(t, server, "subscribe", "orders", "--stop-at-head", "--template", "{{.Sequence}} {{.ID}} {{.Key}} {{.Attributes.a}} {{.Attributes.b}} {{.Text}} {{json .Data}}")
	if want := "1 mine own-key own B one null\n2 import/3 k A B \x00\xff \"AP8=\"\n3 import/4 k A B  null\n"; got.stdout != want {
		t.Errorf("%q, want %q", got.stdout, want)
	}
	must(t, server, "publish", "orders", "--format", "json", `{"text": "an argument"}`).expect(t, "argument", 0,
		"published 1 message to orders: sequence 4, synced to disk\n")
	copied := must(t, server, "subscribe", "orders", "--stop-at-head", "--output", "json", "--from", "last=1")
	if !strings.Contains(copied.stdout, `"text":"an argument"`) {
		t.Errorf("%s", copied.stdout)
	}
}

// TestPublishBadInput holds that the line is named, that what stands before it is
// stored, and nothing after it.
func TestPublishBadInput(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	for name, test := range map[string]struct {
		input, format string
		says          string
		stored        int
	}{
		"json":         {"{\"text\": \"1\"}\n{\"text\": \"2\"}\n{text}\n{\"text\": \"4\"}", "json", "line 3: not a message in JSON: column 2: ", 2},
		"unknown":      {"{\"text\": \"1\"}\n{\"txt\": \"2\"}", "json", "line 2: not a message in JSON: column 2: unknown field", 1},
		"server-field": {"{\"text\": \"1\", \"sequence\": \"4\"}", "json", "line 1: invalid message: sequence", 0},
		"no-content":   {"{\"text\": \"1\"}\n{\"key\": \"2\"}", "json", "line 2: invalid message", 1},
		"large":        {"1\n2\n3\n" + strings.Repeat("x", 2000) + "\n5", "text", "MESSAGE_OVER_TOPIC_LIMIT", 3},
		"long":         {"1\n" + strings.Repeat("x", 7<<20) + "\n5", "text", "line 2 is longer than", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			must(t, server, "topic", "create", name, "--max-message-bytes", "1000")
			args := []string{"publish", name, "--format", test.format, "--file", writeFile(t, test.input), "--id-prefix", "p", "--server", server.URL}
			for range 2 { // running it again changes nothing
				got := parley(t, args...)
				if got.code != 1 || !strings.Contains(got.stderr, test.says) {
					t.Errorf("exit code %d, %s", got.code, got.stderr)
				}
				where := fmt.Sprintf("line %d", test.stored+1)
				if _, after, _ := strings.Cut(got.stderr, test.says); name != "long" && !strings.Contains(after, "is not stored, nor anything after it\n") {
					t.Errorf("it does not say what is stored, after the cause: %s", got.stderr)
				}
				if strings.Count(got.stderr, where) != 1 || strings.Count(got.stderr, "line ") != 1 {
					t.Errorf("it does not name %s once: %s", where, got.stderr)
				}
				all := must(t, server, "subscribe", name, "--stop-at-head").contents()
				if !slices.Equal(all, numbers("", test.stored)) {
					t.Errorf("stored: %q", all)
				}
			}
		})
	}
}

// TestPublishGoesOn kills the server while lines come in: the command goes on by
// itself, and every line is stored once, in order, over both ways to publish.
func TestPublishGoesOn(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2", "1.1"} {
		t.Run("HTTP "+version, func(t *testing.T) {
			t.Parallel()
			data, fifo := t.TempDir(), filepath.Join(t.TempDir(), "lines")
			server := harness.Start(t, "--data-dir", data)
			must(t, server, "topic", "create", "orders")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			publisher := follow(t, "publish", "orders", "--file", fifo, "--server", server.URL, "--http", version)
			lines, err := os.OpenFile(fifo, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer lines.Close()
			write := func(from, to int) {
				for i := from; i <= to; i++ {
					if _, err := fmt.Fprintf(lines, "%d\n", i); err != nil {
						t.Fatal(err)
					}
				}
			}
			write(1, 1)
			awaitStored(t, server, 1) // before it has an answer, it would give up
			write(2, 2000)
			server.Kill(t)
			write(2001, 4000)
			publisher.said(t, "publishing is interrupted")
			again := harness.Start(t, "--data-dir", data, "--listen", server.Addr)
			write(4001, 5000)
			if err := lines.Close(); err != nil {
				t.Fatal(err)
			}
			if err := publisher.cmd.Wait(); err != nil {
				t.Fatalf("%v\n%s", err, publisher.errOut.String())
			}
			publisher.said(t, "publishing goes on")
			if want := "published 5000 messages to orders: sequences 1 to 5000, synced to disk\n"; publisher.out.String() != want {
				t.Errorf("%s, want %s", publisher.out.String(), want)
			}
			if got := must(t, again, "subscribe", "orders", "--stop-at-head").contents(); !slices.Equal(got, numbers("", 5000)) {
				t.Errorf("%d lines are stored", len(got))
			}
		})
	}
}

// TestPublishInterrupted holds that Ctrl-C tells what is stored.
func TestPublishInterrupted(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "orders")
	fifo := filepath.Join(t.TempDir(), "lines")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	publisher := follow(t, "publish", "orders", "--file", fifo, "--server", server.URL)
	lines, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer lines.Close()
	fmt.Fprintln(lines, "one")
	awaitStored(t, server, 1)
	got := publisher.interrupt(t)
	got.expect(t, "interrupt", 130, "published 1 message to orders: sequence 1, synced to disk\n")
	if strings.Contains(got.stderr, "perhaps stored") {
		t.Errorf("%s", got.stderr)
	}
}

// awaitStored waits until the topic orders holds a number of messages.
func awaitStored(t *testing.T, server *harness.Server, n int) {
	t.Helper()
	harness.Eventually(t, fmt.Sprintf("%d messages are stored", n), func() bool {
		return len(must(t, server, "subscribe", "orders", "--stop-at-head").contents()) == n
	})
}

// TestArgumentsThatAreNoText holds that they are refused, and not changed into text.
func TestArgumentsThatAreNoText(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "orders")
	for _, args := range [][]string{{"caf\xe9"}, {"--key", "k\xe9", "x"}, {"--attribute", "a=\xe9", "x"}} {
		got := parley(t, append([]string{"publish", "orders", "--server", server.URL}, args...)...)
		if got.code != 2 || !strings.Contains(got.stderr, "is not UTF-8") {
			t.Errorf("%q: exit code %d: %s", args, got.code, got.stderr)
		}
	}
	if got := must(t, server, "subscribe", "orders", "--stop-at-head"); got.stdout != "" {
		t.Errorf("stored: %q", got.stdout)
	}
}

// TestPublishExpected publishes only where nobody else has meanwhile.
func TestPublishExpected(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	server := harness.Start(t, "--data-dir", data)
	must(t, server, "topic", "create", "seats")
	publish := func(args ...string) result {
		return parley(t, append([]string{"publish", "seats", "--server", server.URL}, args...)...)
	}
	publish("--expected-last-sequence", "0", "one", "two").says(t, "an empty topic", 0, "2 messages")
	publish("--expected-last-sequence", "1", "late").says(t, "a late one", 1,
		"the topic's last sequence is 2, not the one expected (SEQUENCE_MISMATCH)", "nothing is stored", "Read what came since",
		"subscribe seats --from 2 --stop-at-head --server "+server.URL)
	publish("--expected-last-sequence", "5", "early").says(t, "an early one", 1, "the topic's last sequence is 2, ", "nothing is stored")
	file := writeFile(t, "three\nfour\n")
	for range 2 { // what is stored already compares nothing
		publish("--expected-last-sequence", "2", "--file", file, "--id-prefix", "p").says(t, "a file", 0)
	}
	publish("--expected-last-sequence", "4", "--file", writeFile(t, strings.Repeat("x\n", 1001))).says(t, "a long file", 1,
		"line 1001: --expected-last-sequence takes at most 1000 messages, which are stored together", "nothing is stored")
	publish("--expected-last-sequence", "4", "--format", "json", "--file", writeFile(t, "{\"text\": \"5\"}\n\n{text}\n")).says(t, "a bad line", 1,
		"line 3: not a message in JSON", "nothing is stored")
	publish("--expected-last-sequence", "-1", "x").says(t, "a bad sequence", 2, "--expected-last-sequence")
	if got, want := must(t, server, "subscribe", "seats", "--stop-at-head").contents(), []string{"one", "two", "three", "four"}; !slices.Equal(got, want) {
		t.Errorf("stored: %q", got)
	}
	server.Kill(t)
	publish("--expected-last-sequence", "4", "x", "--timeout", "2s").says(t, "no server", 3, "nothing is stored")
	server = harness.Start(t, "--data-dir", data, "--unary-timeout", "1us")
	publish("--expected-last-sequence", "4", "x").says(t, "a deadline that has passed", 1, "DEADLINE_EXCEEDED", "perhaps stored")
}
