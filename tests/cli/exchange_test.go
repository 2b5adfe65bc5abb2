package cli_test

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// talker is somebody in a conversation. What is written to it is typed.
type talker struct {
	*follower
	io.WriteCloser
}

// talk begins a conversation and waits until it listens.
func talk(t *testing.T, server *harness.Server, flags ...string) talker {
	t.Helper()
	f := prepare(t, append([]string{"exchange", "--server", server.URL}, flags...)...)
	in, err := f.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	f.start(t)
	f.said(t, "listening to lobby")
	return talker{f, in}
}

func (c talker) says(t *testing.T, lines ...string) {
	t.Helper()
	if _, err := io.WriteString(c, strings.Join(lines, "\n")+"\n"); err != nil {
		t.Fatal(err)
	}
}

// leaves is Ctrl-D. It returns how the command ended.
func (c talker) leaves(t *testing.T) result {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return c.wait(t)
}

// TestConversation has two people talk while their server is killed in the middle
// of it. Both hear every line of the other exactly once and in order.
func TestConversation(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	server := harness.Start(t, "--data-dir", data)
	ann := talk(t, server, "lobby", "--name", "ann", "--create")
	bob := talk(t, server, "lobby", "--name", "bob", "--create")
	ann.says(t, "hello", "", "is anybody here?")
	ann.said(t, "stored: sequence 2\n")
	bob.printed(t, "ann: hello\nann: is anybody here?\n")
	bob.says(t, "I am")
	ann.printed(t, "bob: I am\n")

	lines := numbers("line-", 3000)
	typed := make(chan error, 1)
	go func() { // faster than it can be stored
		_, err := io.WriteString(ann, strings.Join(lines, "\n")+"\n")
		typed <- err
	}()
	bob.printed(t, "ann: line-500\n")
	server.Kill(t)
	bob.said(t, "going on after sequence")
	bob.says(t, "what was that?")
	again := harness.Start(t, "--data-dir", data, "--listen", server.Addr)
	bob.said(t, "connected again")
	bob.printed(t, "ann: line-3000\n")
	ann.printed(t, "bob: what was that?\n")

	if err := <-typed; err != nil {
		t.Error(err)
	}
	left := ann.leaves(t)
	if stored := strings.Count(left.stderr, "stored: sequence "); left.code != 0 || left.stdout != "bob: I am\nbob: what was that?\n" || stored != 3002 {
		t.Errorf("ann: exit code %d, %d lines stored, output %q", left.code, stored, left.stdout)
	}
	heard := bob.interrupt(t)
	if got := heard.contents(); heard.code != 130 || !slices.Equal(got[2:], lines) {
		t.Errorf("bob: exit code %d, %d lines, first %q, last %q", heard.code, len(got), got[0], got[len(got)-1])
	}
	if !strings.Contains(heard.stderr, "to go on from here: parley exchange lobby --name bob --from cursor=") {
		t.Errorf("bob is not told how to go on:\n%s", heard.stderr)
	}
	// What is stored is the word of the server, not of its readers.
	if got := must(t, again, "subscribe", "lobby", "--stop-at-head").contents(); len(got) != 3004 {
		t.Errorf("%d messages are stored, want 3004", len(got))
	}
}

// TestLastWords holds that the end of the input waits for receipts that cannot
// come yet.
func TestLastWords(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	server := harness.Start(t, "--data-dir", data)
	ann := talk(t, server, "lobby", "--name", "ann", "--create")
	server.Kill(t)
	ann.said(t, "going on after sequence 0")
	ann.says(t, "good night")
	if err := ann.Close(); err != nil {
		t.Fatal(err)
	}
	again := harness.Start(t, "--data-dir", data, "--listen", server.Addr)
	if got := ann.wait(t); got.code != 0 || !strings.Contains(got.stderr, "stored: sequence 1\n") {
		t.Errorf("%v", got)
	}
	must(t, again, "subscribe", "lobby", "--stop-at-head", "--output", "json")
}

// TestLowDisk holds that a conversation and a publication wait for a server that is
// short of disk space, say so once, and store everything once and in order then.
func TestLowDisk(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	server := harness.Start(t, "--data-dir", data)
	must(t, server, "topic", "create", "lobby")
	must(t, server, "topic", "create", "orders")
	server.Stop(t)
	full := harness.Start(t, "--data-dir", data, "--listen", server.Addr, "--min-free-bytes", strconv.Itoa(1<<60))
	lines := numbers("line-", 300)
	ann := talk(t, full, "lobby", "--name", "ann")
	ann.says(t, lines[:200]...)
	importer := follow(t, append([]string{"publish", "orders", "--server", full.URL}, lines...)...)
	const refused = "the server is short of disk space"
	ann.said(t, "line 1 is not stored yet ("+refused)
	importer.said(t, refused)
	gone := talk(t, full, "lobby", "--name", "gone")
	gone.says(t, "nobody hears this")
	gone.said(t, refused)
	if got := gone.interrupt(t); !strings.Contains(got.stderr, "parley: 1 line not stored\n") {
		t.Errorf("%v", got)
	}
	tried := full.Metric(t, "parley_messaging_refused_batches_total")
	harness.Eventually(t, "both have tried again", func() bool {
		return full.Metric(t, "parley_messaging_refused_batches_total") >= tried+2
	})
	full.Stop(t)
	again := harness.Start(t, "--data-dir", data, "--listen", server.Addr)
	ann.says(t, lines[200:]...)
	left := ann.leaves(t)
	if left.code != 0 || strings.Count(left.stderr, refused) != 1 || strings.Count(left.stderr, "stored: sequence ") != 300 {
		t.Errorf("ann: %v", left)
	}
	imported := importer.wait(t)
	if imported.code != 0 || strings.Count(imported.stderr, refused) != 1 || !strings.Contains(imported.stderr, "publishing goes on") {
		t.Errorf("publish: %v", imported)
	}
	for _, topic := range []string{"lobby", "orders"} {
		if got := must(t, again, "subscribe", topic, "--stop-at-head").contents(); !slices.Equal(got, lines) {
			t.Errorf("%s holds %q", topic, got)
		}
	}
}

// TestExchangeJSON holds that programs get all of it: results, and every message.
func TestExchangeJSON(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "lobby")
	must(t, server, "publish", "lobby", "before")
	bot := talk(t, server, "lobby", "--name", "bot", "--from", "last=1", "--output", "json")
	bot.says(t, "after")
	bot.printed(t, `"key":"bot","text":"after"`)
	bot.printed(t, `{"result":{"correlationId":"1","receipt":{`)
	got := bot.leaves(t)
	if got.code != 0 || strings.Contains(got.stderr, "stored:") || !strings.Contains(got.stdout, `"text":"before"`) {
		t.Errorf("%v", got)
	}
	for line := range strings.Lines(got.stdout) {
		if !strings.HasPrefix(line, `{"result":`) && !strings.HasPrefix(line, `{"delivery":`) {
			t.Errorf("neither result nor delivery: %s", line)
		}
	}
}

// TestExchangeRefuses holds what a conversation says when it cannot go on, or when
// a line cannot be stored.
func TestExchangeRefuses(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "lobby", "--max-message-bytes", "100")
	nobody := "http://" + unusedAddress(t)
	for _, test := range []struct {
		args  string
		input string
		code  int
		says  []string
	}{
		{"nothing --server " + server.URL, "a\n", 1, []string{"TOPIC_NOT_FOUND", "parley topic create nothing --server " + server.URL}},
		{"UPPER --server " + server.URL, "a\n", 1, []string{"INVALID_FIELD", `"UPPER" cannot be the name of a topic`}},
		{"lobby --from 7 --server " + server.URL, "a\n", 1, []string{"POSITION_AHEAD", "--from end"}},
		{"lobby --from yesterday --server " + server.URL, "a\n", 2, []string{"--from", "last=N"}},
		{"lobby --http 1.1 --server " + server.URL, "a\n", 2, []string{"needs HTTP/2"}},
		{"lobby --server " + nobody, "a\n", 3, []string{nobody, "parley serve"}},
		{
			"lobby --server " + server.URL, "a\n" + strings.Repeat("x", 200) + "\nb\n", 1,
			[]string{"stored: sequence 1\n", "line 2 is not stored", "MESSAGE_OVER_TOPIC_LIMIT", "stored: sequence 2\n", "1 line not stored"},
		},
		{"lobby --server " + server.URL, strings.Repeat("x", 4<<20) + "\n", 1, []string{"a line is longer than 3145728 bytes"}},
	} {
		t.Run(test.args[:min(len(test.args), 20)], func(t *testing.T) {
			f := prepare(t, append([]string{"exchange"}, strings.Fields(test.args)...)...)
			f.cmd.Stdin = strings.NewReader(test.input)
			f.start(t)
			got := f.wait(t)
			if got.code != test.code || got.stdout != "" {
				t.Errorf("exit code %d, want %d, output %q", got.code, test.code, got.stdout)
			}
			for _, part := range test.says {
				if !strings.Contains(got.stderr, part) {
					t.Errorf("does not say %q:\n%s", part, got.stderr)
				}
			}
			if strings.Contains(got.stderr, "perhaps stored") {
				t.Errorf("leaves open what is certain:\n%s", got.stderr)
			}
		})
	}
}

// TestKeepListening holds that a pipe that has ended can go on to listen.
func TestKeepListening(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "lobby")
	ann := talk(t, server, "lobby", "--name", "ann", "--keep-listening", "--protocol", "grpc")
	ann.says(t, "one")
	if err := ann.Close(); err != nil {
		t.Fatal(err)
	}
	ann.said(t, "stored: sequence 1\n")
	must(t, server, "publish", "lobby", "two", "--key", "bob\x1b[2J")
	ann.printed(t, fmt.Sprintf("%q: two\n", "bob\x1b[2J"))
	if got := ann.interrupt(t); got.code != 130 {
		t.Errorf("exit code %d", got.code)
	}
}
