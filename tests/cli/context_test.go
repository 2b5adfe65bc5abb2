package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// user is somebody with a home of their own: contexts are there.
type user struct {
	home string
	env  []string
}

func newUser(t *testing.T) user { return user{home: t.TempDir()} }

// with returns the same user with variables in the environment.
func (u user) with(env ...string) user { return user{home: u.home, env: env} }

// runs starts a command with input and waits for its end.
func (u user) runs(t *testing.T, input string, args ...string) result {
	t.Helper()
	f := prepare(t, args...)
	f.cmd.Env = append(append(f.cmd.Env, "HOME="+u.home, "XDG_CONFIG_HOME="+filepath.Join(u.home, "config")), u.env...)
	f.cmd.Stdin = strings.NewReader(input)
	f.start(t)
	return f.wait(t)
}

func (r result) says(t *testing.T, what string, code int, parts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("%s: exit code %d, want %d\n%s%s", what, r.code, code, r.stdout, r.stderr)
	}
	for _, part := range parts {
		if !strings.Contains(r.stdout+r.stderr, part) {
			t.Errorf("%s does not say %q:\n%s%s", what, part, r.stdout, r.stderr)
		}
	}
}

// TestContexts goes through the life of contexts with two servers. Which server
// answers is known by its topic.
func TestContexts(t *testing.T) {
	t.Parallel()
	one, two := harness.Start(t), harness.StartTLS(t)
	u := newUser(t)
	must(t, one, "topic", "create", "first")
	u.runs(t, "", "context", "add", "one", "--server", one.URL).says(t, "add", 0, "context one is added; use it with: parley context use one")
	u.runs(t, "s3cret\n", "context", "add", "two", "--server", two.URL, "--ca-file", two.CAFile, "--protocol", "grpc", "--token", "-", "--use").
		says(t, "add and use", 0, "context two is added and in use: "+two.URL)
	u.runs(t, "", "topic", "create", "second").says(t, "create with the context in use", 0, "topic second is ready")

	topics := func(what string, u user, want string, flags ...string) {
		t.Helper()
		got := u.runs(t, "", append([]string{"topic", "list"}, flags...)...)
		if got.code != 0 || !strings.Contains(got.stdout, "\n"+want+" ") {
			t.Errorf("%s: %v, want topic %s", what, got, want)
		}
	}
	topics("the context in use", u, "second")
	topics("--context", u, "first", "--context", "one")
	u.with("PARLEY_SERVER=http://other:1").runs(t, "", "context", "use", "two").
		says(t, "use in vain", 0, "context two is in use", "PARLEY_SERVER is set to http://other:1 and wins over the context in use: unset PARLEY_SERVER")
	u.with("PARLEY_CONTEXT=one").runs(t, "", "context", "list").says(t, "list", 0, "PARLEY_CONTEXT is set to one and wins")
	topics("PARLEY_CONTEXT", u.with("PARLEY_CONTEXT=one"), "first")
	topics("--context before PARLEY_CONTEXT", u.with("PARLEY_CONTEXT=one"), "second", "--context", "two")
	topics("--server", u, "first", "--server", one.URL)
	topics("PARLEY_SERVER", u.with("PARLEY_SERVER="+one.URL), "first")
	topics("--server before PARLEY_CONTEXT", u.with("PARLEY_CONTEXT=two"), "first", "--server", one.URL)
	topics("--context before PARLEY_SERVER", u.with("PARLEY_SERVER="+one.URL), "second", "--context", "two")
	topics("another protocol", u.with("PARLEY_PROTOCOL=connect"), "second", "--codec", "json")
	u.runs(t, "", "topic", "list", "--context", "one", "--server", one.URL).says(t, "both", 2, "give one")
	u.runs(t, "", "topic", "list", "--context", "three").says(t, "an unknown one", 2, `"three"`, "parley context list")
	u.runs(t, "", "topic", "show", "nothing", "--context", "one").says(t, "a hint", 1, "parley topic create nothing --context one\n")
	u.runs(t, "", "topic", "list", "--token-file", "no-such-file").says(t, "a wrong flag", 2, "no-such-file")

	u.runs(t, "", "context", "use", "default").says(t, "use default", 0, "context default is in use")
	u.runs(t, "", "context", "show").says(t, "show", 0, "http://127.0.0.1:8080")
	u.runs(t, "", "context", "use", "three").says(t, "use an unknown one", 2, "no such context")
	u.runs(t, "", "context", "use", "two").says(t, "use", 0)
	u.runs(t, "", "context", "remove", "two").says(t, "remove", 0, "context two is removed")
	u.runs(t, "", "context", "remove", "two").says(t, "remove again", 2, "no such context")
	u.runs(t, "", "context", "list").expect(t, "list", 0,
		"NAME     SERVER                  TOKEN  IN USE\ndefault  http://127.0.0.1:8080   none   *\none      "+one.URL+"  none   \n")
}

// TestContextSecrets holds that a token is stored for its owner alone, shown
// nowhere, and never sent where it does not belong.
func TestContextSecrets(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	u := newUser(t)
	u.runs(t, "", "context", "add", "prod", "--server", "http://parley.example.com", "--token", "s3cret").
		says(t, "a token in clear", 2, "unencrypted", "https://")
	u.runs(t, "", "context", "add", "prod", "--server", "https://parley.example.com", "--token", "s3cret", "--use").says(t, "add", 0)
	path := filepath.Join(u.home, "config", "parley", "contexts.json")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v, %v, want mode 0600", path, info, err)
	}
	for _, args := range [][]string{
		{"context", "list"},
		{"context", "list", "--output", "json"},
		{"context", "show"},
		{"context", "show", "prod", "--output", "json"},
		{"context", "add", "prod", "--server", "https://other.example.com", "--token", "s3cret"},
		{"topic", "list", "--server", "http://parley.example.com", "--token", "s3cret"},
		{"topic", "list", "--server", "http://parley.example.com", "--context", "prod"},
	} {
		if got := u.runs(t, "", args...); strings.Contains(got.stdout+got.stderr, "s3cret") {
			t.Errorf("%v shows the token:\n%s%s", args, got.stdout, got.stderr)
		}
	}
	// Another server than the context's gets no token: with one, this would be refused.
	u.runs(t, "", "topic", "list", "--server", "http://parley.invalid:1").says(t, "another server", 3, "parley.invalid is unknown")
	u.runs(t, "", "topic", "list", "--server", server.URL).says(t, "another server", 0)
	u.with("PARLEY_TOKEN=s3cret").runs(t, "", "topic", "list", "--server", "http://parley.invalid:1").says(t, "a token of its own", 2, "unencrypted")
}

// TestTokenOrigins holds which of several tokens is sent: the one of a file that is
// gone fails the call, and a given one passes an open server.
func TestTokenOrigins(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	u := newUser(t)
	file := filepath.Join(u.home, "empty")
	if err := os.WriteFile(file, []byte("bad\x00token"), 0o600); err != nil { // no header can carry it
		t.Fatal(err)
	}
	u.runs(t, "", "context", "add", "file", "--server", server.URL, "--token-file", file, "--use").says(t, "add", 0)
	for name, test := range map[string]struct {
		env  string
		args []string
		code int
	}{
		"the context's file":             {"", nil, 1},
		"a token before it":              {"", []string{"--token", "good"}, 0},
		"a token of the environment":     {"PARLEY_TOKEN=good", nil, 0},
		"a file before the environment":  {"PARLEY_TOKEN=good", []string{"--token-file", file}, 1},
		"a token before the environment": {"PARLEY_TOKEN_FILE=" + file, []string{"--token", "good"}, 0},
	} {
		got := u.with(test.env).runs(t, "", append([]string{"topic", "list"}, test.args...)...)
		if got.code != test.code {
			t.Errorf("%s: exit code %d, want %d\n%s", name, got.code, test.code, got.stderr)
		}
		if test.code != 0 && !strings.Contains(got.stderr, file+" does not hold one") {
			t.Errorf("%s: does not say why:\n%s", name, got.stderr)
		}
	}
	u.with("PARLEY_TOKEN=good", "PARLEY_TOKEN_FILE="+file).runs(t, "", "topic", "list").says(t, "both", 2, "give one")
	u.runs(t, "", "topic", "list", "--token", "good", "--token-file", file).says(t, "both", 2, "give one")
}

func TestContextMistakes(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	file := filepath.Join(u.home, "token")
	if err := os.WriteFile(file, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args string
		says []string
	}{
		{"context add one", []string{"--server", "parley context add --help"}},
		{"context add default --server a:1", []string{"default"}},
		{"context add a/b --server a:1", []string{"letters"}},
		{"context add one --server ftp://a", []string{"ftp"}},
		{"context add one --server a:1 --ca-file " + file, []string{"https"}},
		{"context add one --server https://a --ca-file " + file, []string{"no PEM certificate"}},
		{"context add one --server https://a --client-cert " + file, []string{"belong together"}},
		{"context add one --server https://a --token x --token-file " + file, []string{"--token and --token-file"}},
		{"context add one --server https://a --token -", []string{"standard input has no token"}},
		{"context add one --server https://a --protocol soap", []string{"soap", "grpcweb"}},
		{"context use", []string{"<name>"}},
		{"context", []string{"add", "list", "use", "show", "remove"}},
	} {
		u.runs(t, "", strings.Fields(test.args)...).says(t, test.args, 2, test.says...)
	}
	u.runs(t, "", "context", "add", "one", "--server", "https://a", "--token-file", file).says(t, "add", 0)
	u.runs(t, "", "context", "add", "one", "--server", "https://b").says(t, "add again", 2, "--replace")
	u.runs(t, "", "context", "add", "one", "--server", "https://b", "--replace", "--token-file", file).says(t, "replace", 0)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	u.runs(t, "", "topic", "list", "--context", "one").says(t, "a token file that is gone", 2, `context "one"`, "--token-file", file)
	if err := os.WriteFile(filepath.Join(u.home, "config", "parley", "contexts.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	u.runs(t, "", "topic", "list").says(t, "a damaged file", 1, "contexts.json")
	u.runs(t, "", "topic", "list", "--server", "http://parley.invalid:1").says(t, "a damaged file that is not needed", 3)
}
