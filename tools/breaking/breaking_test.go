package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tools/internal/pinned"
)

const (
	whole   = "syntax = \"proto3\";\npackage demo.v1;\nmessage Greeting {\n  string text = 1;\n  string tone = 2;\n}\n"
	reduced = "syntax = \"proto3\";\npackage demo.v1;\nmessage Greeting {\n  string text = 1;\n}\n"
	removed = `Previously present field "2" with name "tone" on message "Greeting" was deleted.`
	waived  = "waivers:\n  - rule: FIELD_NO_DELETE\n    file: proto/demo.proto\n    element: '" + removed + "'\n    adr: docs/adr/0001-tone.md\n"
)

// TestCheck runs the real buf and git on scratch repositories. Each case starts
// with the whole contract on main, then takes its steps, then checks.
func TestCheck(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		steps func(t *testing.T, r repo)
		fails bool
		want  []string
	}{
		"nothing changed": {
			steps: func(*testing.T, repo) {},
			want:  []string{"no unwaived breaking change against main"},
		},
		"a field removed": {
			steps: func(t *testing.T, r repo) { r.write(t, "proto/demo.proto", reduced) },
			fails: true,
			want:  []string{"BREAKING against main", "FIELD_NO_DELETE", `"tone" on message "Greeting"`},
		},
		"a field removed and committed on main": {
			steps: func(t *testing.T, r repo) {
				r.write(t, "proto/demo.proto", reduced)
				r.git(t, "commit", "-qam", "remove")
			},
			fails: true,
			want:  []string{"BREAKING against the parent of main", `"tone" on message "Greeting"`},
		},
		"waived": {
			steps: func(t *testing.T, r repo) {
				r.write(t, "proto/demo.proto", reduced)
				r.write(t, waiversFile, waived)
				r.write(t, "docs/adr/0001-tone.md", "why\n")
			},
			want: []string{"waived (docs/adr/0001-tone.md)", `"tone" on message "Greeting"`},
		},
		"a waiver left over on main": {
			steps: func(t *testing.T, r repo) {
				r.write(t, waiversFile, waived)
				r.write(t, "docs/adr/0001-tone.md", "why\n")
			},
			want: []string{"unused waiver", "tone"},
		},
		"a waiver for nothing on a branch": {
			steps: func(t *testing.T, r repo) {
				r.git(t, "checkout", "-q", "-b", "branch")
				r.git(t, "commit", "-qm", "work", "--allow-empty")
				r.write(t, waiversFile, waived)
				r.write(t, "docs/adr/0001-tone.md", "why\n")
			},
			fails: true,
			want:  []string{"unused waiver", "tone"},
		},
		"main has grown since the branch left it": {
			steps: func(t *testing.T, r repo) {
				r.git(t, "branch", "work")
				r.write(t, "proto/more.proto", strings.ReplaceAll(whole, "Greeting", "More"))
				r.git(t, "add", ".")
				r.git(t, "commit", "-qm", "grow")
				r.git(t, "checkout", "-q", "work")
			},
			want: []string{"no unwaived breaking change against main"},
		},
		"a file removed": {
			steps: func(t *testing.T, r repo) {
				r.git(t, "mv", "proto/demo.proto", "proto/other.proto")
			},
			fails: true,
			want:  []string{"BREAKING against main: FILE_NO_DELETE", "demo.proto"},
		},
		"a waiver without its ADR": {
			steps: func(t *testing.T, r repo) { r.write(t, waiversFile, waived) },
			fails: true,
			want:  []string{"0001-tone.md"},
		},
		"removed since the latest release": {
			steps: func(t *testing.T, r repo) {
				r.git(t, "tag", "v0.9.0")
				r.git(t, "tag", "v0.10.0")
				r.write(t, "proto/demo.proto", reduced)
				r.git(t, "commit", "-qam", "remove")
				r.git(t, "commit", "-qm", "later", "--allow-empty")
			},
			fails: true,
			want:  []string{"BREAKING against release v0.10.0", `"tone" on message "Greeting"`},
		},
		"waived after a release": {
			steps: func(t *testing.T, r repo) {
				r.git(t, "tag", "v0.1.0")
				r.write(t, waiversFile, waived)
				r.write(t, "docs/adr/0001-tone.md", "why\n")
			},
			fails: true,
			want:  []string{"nothing can be waived any more"},
		},
		"no main": {
			steps: func(t *testing.T, r repo) { r.git(t, "branch", "-m", "other") },
			fails: true,
			want:  []string{"no branch main"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			test.steps(t, r)
			var out bytes.Buffer
			err := check(t.Context(), &out, r.dir, bufPath(t))
			if err != nil {
				out.WriteString(err.Error())
			}
			if (err != nil) != test.fails {
				t.Errorf("failed = %t, want %t:\n%s", err != nil, test.fails, &out)
			}
			for _, want := range test.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output does not name %q:\n%s", want, &out)
				}
			}
		})
	}
}

type repo struct{ dir string }

func newRepo(t *testing.T) repo {
	t.Helper()
	r := repo{dir: t.TempDir()}
	r.write(t, "buf.yaml", "version: v2\nmodules:\n  - path: proto\nbreaking:\n  use:\n    - FILE\n")
	r.write(t, "proto/demo.proto", whole)
	r.git(t, "init", "-q", "-b", "main")
	r.git(t, "add", ".")
	r.git(t, "commit", "-qm", "first")
	return r
}

func (r repo) write(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r repo) git(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git",
		append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Dir = r.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func bufPath(t *testing.T) string {
	t.Helper()
	root, err := pinned.Root()
	if err != nil {
		t.Fatal(err)
	}
	buf := filepath.Join(root, "tools", "node_modules", ".bin", "buf")
	if _, err := os.Stat(buf); err != nil {
		t.Fatalf("buf is not installed (go tool task setup): %v", err)
	}
	return buf
}
