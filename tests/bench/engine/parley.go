package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

var errNoCheckout = errors.New("no folder above this one has cmd/parley: name a binary with --parley")

// ParleyCommand is the command that serves with everything on, as it comes.
func ParleyCommand(binary string) []string {
	return []string{
		binary, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json",
	}
}

// ParleyBinary returns the absolute path of the binary given, or builds that of
// the checkout this runs in.
func ParleyBinary(ctx context.Context, given string) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	root, err := checkout()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(root, ".bin", "bench", "parley")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, ".")
	build.Dir = filepath.Join(root, "cmd", "parley")
	build.Env = append(os.Environ(), "GOWORK="+filepath.Join(root, "go.work"))
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build parley: %w\n%s", err, output)
	}
	return binary, nil
}

func checkout() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the checkout: %w", err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "cmd", "parley", "go.mod")); err == nil {
			return dir, nil
		}
	}
	return "", errNoCheckout
}
