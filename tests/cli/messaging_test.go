package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// must runs a command that has to succeed.
func must(t *testing.T, server *harness.Server, args ...string) result {
	t.Helper()
	got := parley(t, append(args, "--server", server.URL)...)
	if got.code != 0 {
		t.Fatalf("parley %v: exit code %d\n%s", args, got.code, got.stderr)
	}
	return got
}

// numbers returns the texts PREFIX1 to PREFIXn.
func numbers(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s%d", prefix, i+1)
	}
	return list
}

// TestMainStory is the README's: create a topic, publish, subscribe from another
// process, kill the server, start it again, and everything is there in order.
func TestMainStory(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	server := harness.Start(t, "--data-dir", data)
	must(t, server, "topic", "create", "orders").expect(t, "create", 0, "topic orders is ready\n")
	reader := follow(t, "subscribe", "orders", "--server", server.URL)
	before, after := numbers("before-", 1500), numbers("after-", 3)
	must(t, server, append([]string{"publish", "orders"}, before...)...).expect(t, "publish", 0,
		"published 1500 messages to orders: sequences 1 to 1500, synced to disk\n")
	reader.printed(t, " before-1500\n")
	server.Kill(t)
	reader.said(t, "going on after sequence 1500")
	again := harness.Start(t, "--data-dir", data, "--listen", server.Addr)
	reader.said(t, "connected again")
	must(t, again, append([]string{"publish", "orders"}, after...)...).expect(t, "publish", 0,
		"published 3 messages to orders: sequences 1501 to 1503, synced to disk\n")
	reader.printed(t, " after-3\n")
	all := slices.Concat(before, after)
	got := reader.interrupt(t)
	if got.code != 130 || !slices.Equal(got.contents(), all) {
		t.Errorf("the reader beside: exit code %d, %d lines", got.code, len(got.contents()))
	}
	if !regexp.MustCompile(`to go on from here: parley subscribe orders --from cursor=\S+:1503 --server ` + server.URL + `\n`).MatchString(got.stderr) {
		t.Errorf("no cursor to go on from:\n%s", got.stderr)
	}
	if got := must(t, again, "subscribe", "orders", "--stop-at-head"); !slices.Equal(got.contents(), all) {
		t.Errorf("a new reader got %d lines", len(got.contents()))
	}
}

// TestDrainResumes holds that a drain costs a reader nothing.
func TestDrainResumes(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	server := harness.Start(t, "--data-dir", data)
	must(t, server, "topic", "create", "orders")
	reader := follow(t, "subscribe", "orders", "--server", server.URL)
	must(t, server, "publish", "orders", "one", "two")
	reader.printed(t, " two\n")
	server.Stop(t)
	reader.said(t, "going on after sequence 2")
	again := harness.Start(t, "--data-dir", data, "--listen", server.Addr)
	must(t, again, "publish", "orders", "three")
	reader.printed(t, " three\n")
	if got := reader.interrupt(t); !slices.Equal(got.contents(), []string{"one", "two", "three"}) {
		t.Errorf("%q\n%s", got.contents(), got.stderr)
	}
}

// TestRetriedPublish holds that --id-prefix makes running a command again safe.
func TestRetriedPublish(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "orders")
	file := filepath.Join(t.TempDir(), "orders.txt")
	if err := os.WriteFile(file, []byte(strings.Repeat("same\n", 1200)+"\n\xff"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"publish", "orders", "--file", file, "--id-prefix", "import", "--key", "k", "--attribute", "a=b;c=d"}
	must(t, server, args...).expect(t, "first", 0, "published 1202 messages to orders: sequences 1 to 1202, synced to disk\n")
	must(t, server, args...).expect(t, "again", 0, "published nothing new to orders, 1202 duplicates left out, synced to disk\n")
	got := must(t, server, "subscribe", "orders", "--from", "last=2", "--stop-at-head", "--output", "json", "--key", "k")
	want := []string{`"id":"import/1201","key":"k","attributes":{"a":"b;c=d"},"text":""}`, `"id":"import/1202","key":"k","attributes":{"a":"b;c=d"},"data":"/w=="}`}
	for i, line := range strings.Split(strings.TrimSpace(got.stdout), "\n") {
		if !strings.HasSuffix(line, want[i]) {
			t.Errorf("%s, want %s", line, want[i])
		}
	}
	must(t, server, "subscribe", "orders", "--stop-at-head", "--key", "other").expect(t, "another key", 0, "")
}

// TestTopics goes through the life of a topic.
func TestTopics(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	show := func() map[string]any {
		t.Helper()
		var topic map[string]any
		if err := json.Unmarshal([]byte(must(t, server, "topic", "show", "orders", "--output", "json").stdout), &topic); err != nil {
			t.Fatal(err)
		}
		return topic
	}
	must(t, server, "topic", "create", "orders", "--label", "team=a;b", "--max-age", "1d", "--max-bytes", "10GiB", "--max-message-bytes", "2MiB", "--dedup-window", "0s")
	if got := fmt.Sprintf("%v %v %v %v", show()["labels"], show()["retention"], show()["maxMessageBytes"], show()["deduplicationWindow"]); got !=
		"map[team:a;b] map[maxAge:86400s maxBytes:10737418240] 2.097152e+06 0s" {
		t.Errorf("created: %s", got)
	}
	if got := must(t, server, "topic", "show", "orders").stdout; !strings.Contains(got, "retention:           1d, 10 GiB\n") || !strings.Contains(got, "a retry can store a message twice\n") {
		t.Errorf("shown:\n%s", got)
	}
	must(t, server, "topic", "update", "orders", "--max-messages", "5000", "--clear", "max-age,dedup-window,label")
	if got := fmt.Sprintf("%v %v %v", show()["labels"], show()["retention"], show()["deduplicationWindow"]); got != "<nil> map[maxBytes:10737418240 maxMessages:5000] 600s" {
		t.Errorf("updated: %s", got)
	}
	must(t, server, "publish", "orders", "a", "b", "c")
	must(t, server, "topic", "purge", "orders", "--before", "3", "--yes").expect(t, "purge", 0, "topic orders begins at sequence 3 and holds 1 message\n")
	gap := must(t, server, "subscribe", "orders", "--from", "1", "--stop-at-head")
	if !strings.Contains(gap.stderr, "gap: sequences 1 to 2 are missing") || !slices.Equal(gap.contents(), []string{"c"}) {
		t.Errorf("after the purge: %v", gap)
	}
	must(t, server, "topic", "create", "another")
	if got := must(t, server, "topic", "list").stdout; !regexp.MustCompile(`(?s)^NAME .*\nanother +0 .*\norders +1 `).MatchString(got) {
		t.Errorf("list:\n%s", got)
	}
	must(t, server, "topic", "delete", "orders", "--yes").expect(t, "delete", 0, "topic orders is deleted\n")
	if got := parley(t, "topic", "delete", "orders", "--yes", "--server", server.URL); got.code != 1 || !strings.Contains(got.stderr, "TOPIC_NOT_FOUND") ||
		!strings.Contains(got.stderr, "See those there are with: parley topic list --server "+server.URL+"\n") {
		t.Errorf("delete again: %v", got)
	}
}

// TestMessagingFailures checks exit codes, and that the text says what to do.
func TestMessagingFailures(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "orders")
	create := "parley topic create nothing --server " + server.URL + "\n"
	for _, test := range []struct {
		args string
		code int
		says []string
	}{
		{"topic delete orders", 2, []string{"no terminal", "--yes"}},
		{"topic purge orders --before 1", 2, []string{"--yes"}},
		{"topic purge orders --before 7 --yes", 1, []string{"POSITION_AHEAD"}},
		{"topic delete orders --yes --epoch other", 1, []string{"EPOCH_MISMATCH"}},
		{"topic update orders", 2, []string{"nothing to change", "--max-age"}},
		{"topic update orders --clear name", 2, []string{"--clear name", "max-age"}},
		{"topic update orders --max-age 1h --clear max-age", 2, []string{"given and cleared"}},
		{"topic update orders --max-bytes 0", 2, []string{"at least 1"}},
		{"topic create orders --max-age 1h", 1, []string{"TOPIC_ALREADY_EXISTS"}},
		{"topic create orders2 --max-bytes many", 2, []string{"10GiB"}},
		{"topic create UPPER", 1, []string{`"UPPER" cannot be the name of a topic: use 1 to 128 small letters`, "(INVALID_FIELD)\n"}},
		{"topic show UPPER", 1, []string{`"UPPER" cannot be the name`}},
		{"publish UPPER a", 1, []string{`"UPPER" cannot be the name`, "(INVALID_FIELD)\nparley: message 1 is not stored"}},
		{"subscribe UPPER", 1, []string{`"UPPER" cannot be the name`}},
		{"topic create orders2 --label A=b", 1, []string{`--label "A" is refused: a name has 1 to 63 small letters`}},
		{"topic create orders2 --max-age 1ms", 1, []string{"--max-age: must be greater than or equal to 1s"}},
		{"topic create orders2 --max-age 1y", 2, []string{"--max-age", `"1y"`, "7d"}},
		{"topic show nothing", 1, []string{"TOPIC_NOT_FOUND", create}},
		{"topic delete nothing --yes", 1, []string{"TOPIC_NOT_FOUND", create}},
		{"publish nothing a", 1, []string{"TOPIC_NOT_FOUND)\nparley: message 1 is not stored, nor anything after it\nTopic nothing does not exist. Create it with: " + create}},
		{"topic list --server 127.0.0.1:1", 2, []string{"each server has its own topics"}},
		{"publish orders a --server 127.0.0.1:1", 2, []string{"each server has its own topics"}},
		{"subscribe orders --server 127.0.0.1:1", 2, []string{"each server has its own topics"}},
		{"publish orders a --file b", 2, []string{"not both"}},
		{"publish orders --file no-such-file", 2, []string{"no-such-file"}},
		{"subscribe nothing", 1, []string{"TOPIC_NOT_FOUND", create}},
		{"subscribe orders --from yesterday", 2, []string{"--from", "last=N", "cursor="}},
		{"subscribe orders --from 2", 1, []string{"POSITION_AHEAD", "--from end"}},
		{"store check --data-dir no-such-directory", 1, []string{"does not exist"}},
	} {
		t.Run(test.args, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(test.args)
			if args[0] != "store" {
				args = append(args, "--server", server.URL)
			}
			got := parley(t, args...)
			if got.code != test.code {
				t.Errorf("exit code %d, want %d\n%s", got.code, test.code, got.stderr)
			}
			if strings.Contains(got.stderr, "regex") {
				t.Errorf("the text is the rule's own:\n%s", got.stderr)
			}
			for _, part := range test.says {
				if !strings.Contains(got.stderr, part) {
					t.Errorf("the text does not say %q:\n%s", part, got.stderr)
				}
			}
		})
	}
	t.Run("no input", func(t *testing.T) {
		t.Parallel()
		got := must(t, server, "publish", "orders")
		if got.stdout != "" || !strings.Contains(got.stderr, "nothing published: no input") {
			t.Errorf("publish: %v", got)
		}
	})
	t.Run("another port", func(t *testing.T) {
		t.Parallel()
		for _, args := range []string{"publish orders a", "subscribe orders", "topic list", "topic list --http 1.1"} {
			got := parley(t, append(strings.Fields(args), "--server", server.Admin)...)
			if got.code != 1 || !strings.Contains(got.stderr, "admin port") || strings.Contains(got.stderr, "perhaps") {
				t.Errorf("%s: %v", args, got)
			}
		}
		if got := parley(t, "backup", "x", "--admin", server.URL); got.code != 1 || !strings.Contains(got.stderr, "not the admin listener") || !strings.Contains(got.stderr, "--admin-listen") {
			t.Errorf("backup: %v", got)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		got := parley(t, "publish", "orders", "a", "--server", unusedAddress(t))
		if got.code != 3 || !strings.Contains(got.stderr, "not stored") || !strings.Contains(got.stderr, "parley serve") {
			t.Errorf("publish: %v", got)
		}
		if got := parley(t, "subscribe", "orders", "--server", unusedAddress(t)); got.code != 3 {
			t.Errorf("subscribe: %v", got)
		}
		if got := parley(t, "backup", "x", "--admin", unusedAddress(t)); got.code != 3 || !strings.Contains(got.stderr, "--offline") {
			t.Errorf("backup: %v", got)
		}
	})
}
