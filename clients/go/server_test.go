package parley_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// serverURL is where the server of the examples listens.
var serverURL string

// TestMain starts the server of this checkout for the examples.
func TestMain(m *testing.M) {
	code, err := withServer(m)
	if err == nil && code == 0 {
		err = goleak.Find()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withServer(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "parley-client-*")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary := filepath.Join(dir, "parley")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Dir = filepath.Join("..", "..", "cmd", "parley")
	if output, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the server: %w\n%s", err, output)
	}
	server := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "", "--data-dir", filepath.Join(dir, "data"), "--log-format", "json")
	log, err := server.StderrPipe()
	if err != nil {
		return 0, err
	}
	if err := server.Start(); err != nil {
		return 0, err
	}
	serverURL, err = address(log)
	if err == nil {
		code = m.Run()
	}
	_ = server.Process.Signal(syscall.SIGTERM)
	_, _ = io.Copy(io.Discard, log)
	return code, errors.Join(err, server.Wait())
}

// address returns the URL that the server logs when it serves.
func address(log io.Reader) (string, error) {
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var line struct {
			Msg string `json:"msg"`
			URL string `json:"url"`
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			return line.URL, nil
		}
	}
	return "", errors.New("the server does not say that it serves")
}
