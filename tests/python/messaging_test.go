package python_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// parley runs a command of the real binary that has to succeed.
func parley(t *testing.T, server *harness.Server, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), harness.Binary(t), append(arguments, "--server", server.URL)...)
	cmd.Env, cmd.Dir = harness.Environment(), t.TempDir()
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("parley %v: %v\n%s", arguments, err, text)
	}
	return string(text)
}

// lines returns the texts PREFIX-1 to PREFIX-n.
func lines(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s-%d", prefix, i+1)
	}
	return list
}

// contiguous checks that the lines of a subscriber are numbered from 1 on.
func contiguous(t *testing.T, got outcome) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n") {
		if !strings.HasPrefix(line, strconv.Itoa(i+1)+" ") {
			t.Fatalf("line %d is %q", i+1, line)
		}
	}
}

// again is how a publisher says that it repeats a batch.
const again = "publishing the same ids again"

// feed gives a publisher lines on its standard input.
func feed(t *testing.T, writer *process, texts []string) {
	t.Helper()
	if _, err := io.WriteString(writer.stdin, strings.Join(texts, "\n")+"\n"); err != nil {
		t.Fatal(err)
	}
}

// TestKill kills the server three times under a publisher and a subscriber. Both
// go on by themselves; everything is there once and in order.
func TestKill(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	data := t.TempDir()
	server := harness.Start(t, "--data-dir", data)
	address := server.Addr
	parley(t, server, "topic", "create", "orders")
	reader := start(t, "subscribe.py", "orders", "--server", address)
	writer := start(t, "publish.py", "orders", "--server", address, "--max-batch", "20")
	var all []string
	for round := range 3 {
		more := lines(fmt.Sprintf("round-%d", round), 2000)
		all = append(all, more...)
		feed(t, writer, more[:1000])
		reader.printed(t, fmt.Sprintf(" round-%d-100\n", round)) // perhaps in the middle of it
		before := strings.Count(writer.errOut.String(), again)
		server.Kill(t)
		feed(t, writer, more[1000:]) // surely while there is no server
		harness.Eventually(t, "the publisher notices", func() bool { return strings.Count(writer.errOut.String(), again) > before })
		server = harness.Start(t, "--data-dir", data, "--listen", address)
	}
	if got := writer.ended(t); got.code != 0 {
		t.Errorf("the publisher: exit code %d\n%s", got.code, got.stderr)
	}
	reader.printed(t, " "+all[len(all)-1]+"\n")
	if err := reader.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	got := reader.ended(t)
	if got.code != 130 || !slices.Equal(got.contents(), all) {
		t.Errorf("the subscriber: exit code %d, %d lines, want %d", got.code, len(got.contents()), len(all))
	}
	contiguous(t, got)
	if strings.Count(got.stderr, "going on after sequence") < 3 {
		t.Errorf("the subscriber did not notice each kill:\n%s", got.stderr)
	}
	fresh := client(t, "subscribe.py", "orders", "--stop-at-head", "--server", address)
	if fresh.code != 0 || !slices.Equal(fresh.contents(), all) {
		t.Errorf("a new subscriber: exit code %d, %d lines", fresh.code, len(fresh.contents()))
	}
}

// TestBack holds that a server which is back after a while is found by the next
// attempt or the one after, as the pauses promise.
func TestBack(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	data := t.TempDir()
	server := harness.Start(t, "--data-dir", data)
	parley(t, server, "topic", "create", "orders")
	reader := start(t, "subscribe.py", "orders", "--server", server.Addr)
	parley(t, server, "publish", "orders", "one")
	reader.printed(t, " one\n")
	server.Kill(t)
	long := regexp.MustCompile(`sequence 1 in [2-5]\.`) // gRPC's own pauses are the longest by then, too
	harness.Eventually(t, "the pauses are long", func() bool { return long.MatchString(reader.errOut.String()) })
	again := harness.Start(t, "--data-dir", data, "--listen", server.Addr)
	before := strings.Count(reader.errOut.String(), "going on")
	parley(t, again, "publish", "orders", "two")
	reader.printed(t, " two\n")
	if more := strings.Count(reader.errOut.String(), "going on") - before; more > 1 {
		t.Errorf("%d attempts failed though the server was there:\n%s", more, reader.errOut.String())
	}
	_ = reader.cmd.Process.Signal(os.Interrupt)
	contiguous(t, reader.ended(t))
}

// TestDrain holds that a drain costs a subscriber nothing, and that it waits as
// long as the server asks: RetryInfo says 1 s.
func TestDrain(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	data := t.TempDir()
	server := harness.Start(t, "--data-dir", data)
	parley(t, server, "topic", "create", "orders")
	reader := start(t, "subscribe.py", "orders", "--server", server.Addr)
	parley(t, server, "publish", "orders", "one", "two")
	reader.printed(t, " two\n")
	server.Stop(t)
	reader.said(t, "going on after sequence 2")
	found := regexp.MustCompile(`UNAVAILABLE \(SERVER_DRAINING\).*; going on after sequence 2 in (\S+) s`).FindStringSubmatch(reader.errOut.String())
	if found == nil {
		t.Fatalf("the reason is missing: %s", reader.errOut.String())
	}
	if pause, err := strconv.ParseFloat(found[1], 64); err != nil || pause < 1 || pause > 1.5 {
		t.Errorf("a pause of %s s, want 1 to 1.5", found[1])
	}
	again := harness.Start(t, "--data-dir", data, "--listen", server.Addr)
	parley(t, again, "publish", "orders", "three")
	reader.printed(t, " three\n")
	_ = reader.cmd.Process.Signal(os.Interrupt)
	got := reader.ended(t)
	if !slices.Equal(got.contents(), []string{"one", "two", "three"}) {
		t.Errorf("got %+v", got)
	}
	cursor := regexp.MustCompile(`go on from here with --after (\S+:3)\n`).FindStringSubmatch(got.stderr)
	if cursor == nil {
		t.Fatalf("no cursor: %s", got.stderr)
	}
	parley(t, again, "publish", "orders", "four")
	if got := client(t, "subscribe.py", "orders", "--after", cursor[1], "--stop-at-head", "--server", server.Addr); !slices.Equal(got.contents(), []string{"four"}) {
		t.Errorf("resumed: %+v", got)
	}
}

// TestSilence stops the server's process without ending it: connections stay open
// and nothing comes. The subscriber notices by the heartbeat and starts again.
func TestSilence(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	server := harness.Start(t)
	parley(t, server, "topic", "create", "orders")
	reader := start(t, "subscribe.py", "orders", "--heartbeat", "1", "--server", server.Addr)
	parley(t, server, "publish", "orders", "one")
	reader.printed(t, " one\n")
	if err := syscall.Kill(server.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(server.PID(), syscall.SIGCONT) })
	reader.said(t, "nothing came for 2 s; going on after sequence 1")
	if err := syscall.Kill(server.PID(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	parley(t, server, "publish", "orders", "two")
	reader.printed(t, " two\n")
	_ = reader.cmd.Process.Signal(os.Interrupt)
	if got := reader.ended(t); !slices.Equal(got.contents(), []string{"one", "two"}) {
		t.Errorf("got %+v", got)
	}
}

// TestGap holds that a subscriber is told what was removed.
func TestGap(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	server := harness.Start(t)
	parley(t, server, "topic", "create", "orders")
	if got := client(t, "publish.py", "orders", "a", "b", "c", "--key", "k", "--server", server.Addr); got != (outcome{stdout: "3 messages on disk: sequences 1 to 3\n"}) {
		t.Errorf("publish: %+v", got)
	}
	parley(t, server, "topic", "purge", "orders", "--before", "3", "--yes")
	got := client(t, "subscribe.py", "orders", "--sequence", "1", "--stop-at-head", "--server", server.Addr)
	if got.code != 0 || !strings.HasPrefix(got.stderr, "gap: sequences 1 to 2 are missing (GAP_REASON_RETENTION); going on at 3\n") ||
		!regexp.MustCompile(`^3 \S+Z \[k\] c\n$`).MatchString(got.stdout) {
		t.Errorf("got %+v", got)
	}
}

// TestRepeatedIDs holds that ids make publishing again safe.
func TestRepeatedIDs(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	server := harness.Start(t)
	parley(t, server, "topic", "create", "orders")
	for _, step := range []struct {
		texts []string
		want  string
	}{
		{[]string{"a", "b"}, "2 messages on disk: sequences 1 to 2\n"},
		{[]string{"a", "b"}, "2 messages on disk: nothing new, 2 known before\n"},
		{[]string{"a", "b", "c"}, "3 messages on disk: sequences 3 to 3, 2 known before\n"},
	} {
		arguments := slices.Concat([]string{"orders"}, step.texts, []string{"--id-prefix", "import", "--server", server.Addr})
		if got := client(t, "publish.py", arguments...); got != (outcome{stdout: step.want}) {
			t.Errorf("%q: got %+v", step.texts, got)
		}
	}
}

// TestMessagingErrors holds that what a retry would only repeat is told at once.
func TestMessagingErrors(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	server := harness.Start(t)
	stopped := harness.Start(t)
	stopped.Stop(t)
	parley(t, server, "topic", "create", "orders")
	const bad = "INVALID_ARGUMENT (INVALID_FIELD): topic: "
	for _, test := range []struct {
		server    *harness.Server
		arguments []string
		says      string
	}{
		{server, []string{"subscribe.py", "Bad Topic"}, bad},
		{server, []string{"publish.py", "Bad Topic", "a"}, bad},
		{server, []string{"subscribe.py", "nothing"}, "NOT_FOUND (TOPIC_NOT_FOUND): "},
		{server, []string{"publish.py", "nothing", "a"}, "NOT_FOUND (TOPIC_NOT_FOUND): "},
		{server, []string{"subscribe.py", "orders", "--sequence", "9"}, "OUT_OF_RANGE (POSITION_AHEAD): "},
		{server, []string{"subscribe.py", "orders", "--heartbeat", "0.5"}, "INVALID_ARGUMENT (INVALID_FIELD): heartbeat_interval: "},
		{stopped, []string{"subscribe.py", "orders", "--give-up-after", "1"}, "UNAVAILABLE: "},
		{stopped, []string{"publish.py", "orders", "a", "--give-up-after", "1"}, "UNAVAILABLE: "},
	} {
		t.Run(strings.Join(test.arguments, " "), func(t *testing.T) {
			t.Parallel()
			got := client(t, test.arguments[0], append(test.arguments[1:], "--server", test.server.Addr)...)
			if got.code != 1 || got.stdout != "" || !strings.Contains(got.stderr, test.says) {
				t.Errorf("got %+v, want %q", got, test.says)
			}
			if test.server == server && !strings.HasPrefix(got.stderr, test.says) {
				t.Errorf("it was tried again: %s", got.stderr)
			}
		})
	}
}

// TestAnyBytes publishes lines that are not UTF-8, as data, beside others.
func TestAnyBytes(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	server := harness.Start(t)
	parley(t, server, "topic", "create", "orders")
	writer := start(t, "publish.py", "orders", "--server", server.Addr)
	feed(t, writer, []string{"one", "\xff\xfe", "\xe2\x98\x95\r"})
	if got := writer.ended(t); got != (outcome{stdout: "3 messages on disk: sequences 1 to 3\n"}) {
		t.Errorf("got %v", got)
	}
	got := parley(t, server, "subscribe", "orders", "--stop-at-head", "--template", "{{.Text}} {{.Data}}")
	if !strings.HasPrefix(got, "one []\n\xff\xfe [255 254]\n\u2615 []\n") {
		t.Errorf("stored: %q", got)
	}
}

// TestEnoughOutput closes the output of a subscriber, as head does.
func TestEnoughOutput(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	server := harness.Start(t)
	parley(t, server, "topic", "create", "orders")
	parley(t, server, "publish", "orders", "one", "two")
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, "subscribe.py", "orders", "--server", server.Addr)
	var said output
	cmd.Stdout, cmd.Stderr = writer, &said
	if err := errors.Join(reader.Close(), cmd.Start(), writer.Close()); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()                                               // ProcessState has the result
	if cmd.ProcessState.ExitCode() != 1 || said.String() != "" { // it has handled nothing
		t.Errorf("%s: %s", cmd.ProcessState, said.String())
	}
}
