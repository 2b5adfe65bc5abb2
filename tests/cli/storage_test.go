package cli_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// cursorOf finds the cursor in what a subscribe said at its end.
func cursorOf(t *testing.T, r result) string {
	t.Helper()
	found := regexp.MustCompile(`--from (cursor=\S+)`).FindStringSubmatch(r.stderr)
	if found == nil {
		t.Fatalf("no cursor: %s", r.stderr)
	}
	return found[1]
}

// TestBackupAndRestore backs up a server that runs. The restored topic has a new
// epoch, and a reader that had come further than the backup is told of a gap.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	backup, restored := filepath.Join(folder, "backup"), filepath.Join(folder, "restored")
	data := filepath.Join(folder, "data")
	server := harness.Start(t, "--data-dir", data)
	must(t, server, "topic", "create", "orders")
	must(t, server, "publish", "orders", "one", "two")
	admin := strings.TrimPrefix(server.Admin, "http://")
	parley(t, "backup", backup, "--admin", admin).expect(t, "backup", 0, "backup complete: "+backup+"\n")
	if got := parley(t, "backup", backup, "--admin", admin); got.code != 1 || !strings.Contains(got.stderr, "Choose a directory that does not exist") {
		t.Errorf("backup into an existing directory: %v", got)
	}
	if got := parley(t, "backup", backup+"2", "--offline", "--data-dir", data); got.code != 1 || !strings.Contains(got.stderr, "leave --offline out") {
		t.Errorf("offline backup of a running server: %v", got)
	}
	must(t, server, "publish", "orders", "lost")
	ahead := cursorOf(t, must(t, server, "subscribe", "orders", "--stop-at-head"))
	server.Stop(t)

	parley(t, "store", "check", "--data-dir", data).expect(t, "check", 0, "clean: 1 topic, 3 messages\n")
	if got := parley(t, "restore", backup, "--data-dir", data); got.code != 1 || !strings.Contains(got.stderr, "not empty") || !strings.Contains(got.stderr, "Choose another --data-dir") {
		t.Errorf("restore over data: %v", got)
	}
	if got := parley(t, "restore", t.TempDir(), "--data-dir", restored); got.code != 1 || !strings.Contains(got.stderr, "not a backup") {
		t.Errorf("restore of an empty folder: %v", got)
	}
	if got := parley(t, "restore", folder, "--data-dir", restored); got.code != 1 || !strings.Contains(got.stderr, "not a backup made by parley backup") {
		t.Errorf("restore of a folder that is no backup: %v", got)
	}
	if got := parley(t, "restore", backup, "--data-dir", restored); got.code != 0 || !strings.Contains(got.stdout, "start it with: parley serve --data-dir "+restored+"\n") {
		t.Fatalf("restore: %v", got)
	}
	again := harness.Start(t, "--data-dir", restored)
	must(t, again, "publish", "orders", "new")
	all := must(t, again, "subscribe", "orders", "--stop-at-head")
	if !slices.Equal(all.contents(), []string{"one", "two", "new"}) {
		t.Errorf("restored: %q", all.contents())
	}
	epoch := func(cursor string) string { return cursor[:strings.LastIndexByte(cursor, ':')] }
	if epoch(cursorOf(t, all)) == epoch(ahead) {
		t.Errorf("the restored topic has the old epoch: %s, %s", cursorOf(t, all), ahead)
	}
	if got := must(t, again, "subscribe", "orders", "--from", ahead, "--stop-at-head"); !strings.Contains(got.stderr, "gap: messages after sequence 3 may be lost: the topic was restored") {
		t.Errorf("no gap for a cursor from before: %v", got)
	}
	if !strings.Contains(all.stderr, "gap: messages after sequence 2 may be lost: the topic was restored") {
		t.Errorf("read from the start: %v", all)
	}
	again.Stop(t)
	parley(t, "store", "check", "--data-dir", restored).expect(t, "check", 0,
		"topic orders: sequences 3 to 1099511627778 were skipped when the directory was restored or recovered\nclean: 1 topic, 3 messages\n")
}

// TestBackupOfSilence asks a server that has stopped answering. The command ends by
// itself, or earlier where it is told to, and says that the backup may be made yet.
func TestBackupOfSilence(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	if err := syscall.Kill(server.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(server.PID(), syscall.SIGCONT) })
	admin := strings.TrimPrefix(server.Admin, "http://")
	for name, test := range map[string]struct {
		flags []string
		code  int
		says  string
	}{
		"as long as it answers": {nil, 3, "parley: the server cannot be reached: " + admin + " has not answered for 20s\n"},
		"a limit":               {[]string{"--timeout", "300ms"}, 1, "parley: gave up: the deadline of --timeout has passed\n"},
	} {
		target := filepath.Join(t.TempDir(), "backup")
		got := parley(t, append([]string{"backup", target, "--admin", admin}, test.flags...)...)
		got.says(t, name, test.code, test.says+"parley: the server may still complete the backup: look for "+target+"\n")
	}
}

// TestOfflineBackup backs up a stopped server.
func TestOfflineBackup(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	data, backup, restored := filepath.Join(folder, "data"), filepath.Join(folder, "backup"), filepath.Join(folder, "restored")
	server := harness.Start(t, "--data-dir", data)
	must(t, server, "topic", "create", "orders")
	must(t, server, "publish", "orders", "one")
	server.Stop(t)
	parley(t, "backup", backup, "--offline", "--data-dir", data).expect(t, "backup", 0, "backup complete: "+backup+"\n")
	if got := parley(t, "backup", backup, "--offline", "--data-dir", data); got.code != 1 || !strings.Contains(got.stderr, "Choose a directory that does not exist") {
		t.Errorf("offline backup into an existing directory: %v", got)
	}
	if got := parley(t, "restore", backup, "--data-dir", restored); got.code != 0 {
		t.Fatalf("restore: %v", got)
	}
	parley(t, "store", "check", "--data-dir", restored).expect(t, "check", 0,
		"topic orders: sequences 2 to 1099511627777 were skipped when the directory was restored or recovered\nclean: 1 topic, 1 message\n")
}

// TestWrongDirectory names a folder of other files, such as the one above the data
// directory. No command takes it for an empty store or leaves anything in it.
func TestWrongDirectory(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	backup := filepath.Join(folder, "backup")
	wrong := filepath.Join(folder, "wrong")
	if err := os.MkdirAll(filepath.Join(wrong, "log"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(wrong, "log", "other.log"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"backup", backup, "--offline"}, {"store", "check"}, {"store", "recover"}, {"store", "recover", "--accept-loss"},
	} {
		got := parley(t, append(args, "--data-dir", wrong)...)
		if got.code != 1 || !strings.Contains(got.stderr, "no message store") || !strings.Contains(got.stderr, "Check the name of the directory.") {
			t.Errorf("%v: %v", args, got)
		}
	}
	for _, path := range []string{backup, filepath.Join(wrong, "LOCK"), filepath.Join(wrong, "FORMAT")} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s was made", path)
		}
	}
}

// TestBackupRefusesWebPages holds that no page makes a server write files.
func TestBackupRefusesWebPages(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	target := filepath.Join(t.TempDir(), "backup")
	for name, header := range map[string][2]string{
		"a page":       {"Origin", server.Admin},
		"its fetch":    {"Sec-Fetch-Site", "same-origin"},
		"another name": {"Host", "rebound.example:8081"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.Admin+"/backup", strings.NewReader(`{"directory": "`+target+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		if req.Header.Set(header[0], header[1]); header[0] == "Host" {
			req.Host = header[1]
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: HTTP %d", name, res.StatusCode)
		}
	}
	if _, err := os.Stat(target); err == nil {
		t.Error("a refused request made a backup")
	}
}

// TestCheckAndRecover takes acknowledged messages away from a stopped server. It
// does not start on what is left; check and recover say so, and a recovery that
// accepts the loss tells readers of it.
func TestCheckAndRecover(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	server := harness.Start(t, "--data-dir", data)
	must(t, server, "topic", "create", "orders")
	must(t, server, "publish", "orders", "one", "two")
	server.Stop(t)
	before := snapshot(t, filepath.Join(data, "log"))
	server = harness.Start(t, "--data-dir", data)
	must(t, server, "publish", "orders", "three")
	cursor := cursorOf(t, must(t, server, "subscribe", "orders", "--stop-at-head"))
	server.Stop(t)
	parley(t, "store", "recover", "--data-dir", data).expect(t, "recover a clean store", 0,
		"nothing to recover: the server starts on this directory as it is\n")
	if err := os.RemoveAll(filepath.Join(data, "log")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(data, "log"), os.DirFS(before)); err != nil {
		t.Fatal(err)
	}

	refused := parley(t, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "", "--data-dir", data)
	if refused.code != 1 || !strings.Contains(refused.stderr, "store recover") {
		t.Errorf("serve: %v", refused)
	}
	if got := parley(t, "store", "check", "--data-dir", data); got.code != 1 || !strings.Contains(got.stdout, "damaged:") {
		t.Errorf("check: %v", got)
	}
	if got := parley(t, "store", "recover", "--data-dir", data); got.code != 1 || !strings.Contains(got.stdout, "topic orders sequences 3 to 3") || !strings.Contains(got.stderr, "--accept-loss") {
		t.Errorf("recover without accepting: %v", got)
	}
	if got := parley(t, "store", "recover", "--accept-loss", "--data-dir", data); got.code != 0 {
		t.Fatalf("recover: %v", got)
	}
	if got := parley(t, "store", "check", "--data-dir", data); got.code != 0 {
		t.Errorf("check after the recovery: %v", got)
	}
	server = harness.Start(t, "--data-dir", data)
	server.TolerateErrors() // it logs each loss that it tells a reader of
	must(t, server, "publish", "orders", "four")
	if got := must(t, server, "subscribe", "orders", "--from", cursor, "--stop-at-head"); !strings.Contains(got.stdout, "four") {
		t.Errorf("resumed: %v", got)
	}
	if got := must(t, server, "subscribe", "orders", "--stop-at-head"); !strings.Contains(got.stderr, "gap: ") || !slices.Equal(got.contents(), []string{"one", "two", "four"}) {
		t.Errorf("from the start: %v", got)
	}
}

// snapshot copies a folder.
func snapshot(t *testing.T, folder string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "snapshot")
	if err := os.CopyFS(to, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	return to
}
