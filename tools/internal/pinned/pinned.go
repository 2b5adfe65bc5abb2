package pinned

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// Set is one place that pins tools: a folder under tools/ and how to install it.
type Set struct {
	name    string   // what an error message calls it
	dir     string   // where the install command runs
	inputs  []string // files whose change means "install again", relative to dir
	bin     string   // where the executables appear, relative to the root
	command []string
}

func sets() map[string]Set {
	goSet := func(dir string) Set {
		return Set{
			name: dir, dir: "tools/" + dir, inputs: []string{"go.mod", "go.sum"}, bin: ".bin",
			command: []string{"go", "install", "tool"},
		}
	}
	return map[string]Set{
		"pinned": goSet("pinned"),
		"lint":   goSet("lint"),
		"heavy":  goSet("heavy"),
		"npm": {
			name: "npm", dir: "tools", inputs: []string{"package.json", "package-lock.json"},
			bin:     "tools/node_modules/.bin",
			command: []string{"npm", "ci", "--loglevel=error"},
		},
	}
}

// Root returns the repository's root: the nearest parent of the working
// directory that holds go.work.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository root: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("find the repository root: no go.work in this folder or above")
		}
		dir = parent
	}
}

// Exec replaces this process with the named tool of the named set ("pinned",
// "lint", "heavy" or "npm"), installing the set first if its pins changed. It
// returns only on error. args does not include the program name.
func Exec(root, set, tool string, args []string) error {
	if err := Install(root, set); err != nil {
		return err
	}
	path := filepath.Join(root, sets()[set].bin, tool)
	if err := syscall.Exec(path, append([]string{tool}, args...), os.Environ()); err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	return nil
}

// Install brings one set up to date. It does nothing, quickly, when the set
// was installed from the same pins by the same Go version. It is safe to call
// from several processes at once.
func Install(root, name string) error {
	set, ok := sets()[name]
	if !ok {
		return fmt.Errorf("install tools: no set is called %q", name)
	}
	want, err := set.fingerprint(root)
	if err != nil {
		return fmt.Errorf("install tools: %w", err)
	}
	stamp := filepath.Join(root, set.bin, "."+name+".installed")
	if current(stamp, want) {
		return nil
	}
	unlock, err := lock(root, name)
	if err != nil {
		return fmt.Errorf("install tools: %w", err)
	}
	defer unlock()
	if current(stamp, want) { // another process was faster
		return nil
	}
	if err := set.install(root); err != nil {
		return fmt.Errorf("install tools of %s: %w", set.name, err)
	}
	if err := os.WriteFile(stamp, []byte(want), 0o644); err != nil {
		return fmt.Errorf("install tools: %w", err)
	}
	return nil
}

// install has no deadline: an interrupt reaches the child process directly.
func (s Set) install(root string) error {
	fmt.Fprintf(os.Stderr, "installing the tools pinned in %s (once; a cold Go cache takes minutes)\n", s.dir)
	cmd := exec.CommandContext(context.Background(), s.command[0], s.command[1:]...)
	cmd.Dir = filepath.Join(root, s.dir)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr // stdout may be a plugin's answer
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOBIN="+filepath.Join(root, s.bin), "GOFLAGS=-buildvcs=false")
	return cmd.Run()
}

func (s Set) fingerprint(root string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.Version(), s.command)
	for _, input := range s.inputs {
		data, err := os.ReadFile(filepath.Join(root, s.dir, input))
		if err != nil {
			return "", fmt.Errorf("read the pins: %w", err)
		}
		fmt.Fprintf(sum, "%s %d\n%s", input, len(data), data)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func current(stamp, want string) bool {
	got, err := os.ReadFile(stamp)
	return err == nil && string(got) == want
}

// lock serialises installers: buf starts its plugins at the same time.
func lock(root, name string) (func(), error) {
	dir := filepath.Join(root, ".bin")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, "."+name+".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { _ = file.Close() }, nil
}
