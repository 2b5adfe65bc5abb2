package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Names of the engines.
const (
	Parley      = "parley"
	OtherParley = "other parley"
	GRPCGo      = "grpc-go"
	NetHTTP     = "net/http"
	Pebble      = "pebble"           // Parley's storage engine, alone
	NATS        = "nats"             // core NATS and JetStream, not synced at once
	JSONFeed    = "json feed"        // net/http, as a feed that clients poll
	NATSSynced  = "nats, SyncAlways" // JetStream that syncs each write
)

const (
	startLimit = 30 * time.Second
	stopLimit  = 10 * time.Second
)

var errNotServing = errors.New("it did not say where it serves")

// Process is a running server.
type Process struct {
	// URL is where it serves.
	URL string
	// Started is how long it took from its start to the line that says it serves.
	Started time.Duration

	cmd     *exec.Cmd
	command []string
	dir     string // its working directory, where it may store data
	exited  chan error
}

// Start runs a command and waits until it logs, on standard error, a line of
// JSON with msg "serving" and its url. The process works in an empty folder of
// its own under parent, the system's folder for temporary files if that is "".
// End it with Stop.
func Start(ctx context.Context, parent string, command []string) (*Process, error) {
	dir, err := os.MkdirTemp(parent, "parley-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for it: %w", err)
	}
	return startIn(ctx, dir, command)
}

// startIn starts a command in a folder, which is removed on an error.
func startIn(ctx context.Context, dir string, command []string) (*Process, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env, cmd.Dir = environment(), dir
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open its standard error: %w", err), os.RemoveAll(dir))
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("run it: %w", err), os.RemoveAll(dir))
	}
	p := &Process{cmd: cmd, command: command, dir: dir, exited: make(chan error, 1)}
	serving := make(chan servingLine, 1)
	go func() {
		follow(stderr, serving)
		p.exited <- cmd.Wait()
	}()
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	select {
	case line := <-serving:
		p.URL, p.Started = line.URL, time.Since(begin)
	case <-limit.C:
	case <-ctx.Done():
	}
	if p.URL == "" {
		return nil, errors.Join(errNotServing, ctx.Err(), p.Stop())
	}
	return p, nil
}

// servingLine is the line of the log that says where a server serves.
type servingLine struct {
	Msg string `json:"msg"`
	URL string `json:"url"`
}

// follow reads the log to its end and sends the first serving line, if there is
// one.
func follow(log io.Reader, serving chan<- servingLine) {
	defer close(serving)
	found := false
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var line servingLine
		if !found && json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			found = true
			serving <- line
		}
	}
	_, _ = io.Copy(io.Discard, log) // a line too long for the scanner must not block the server
}

// environment is this one's without what configures parley or its telemetry.
func environment() []string {
	var kept []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "PARLEY_") && !strings.HasPrefix(entry, "OTEL_") {
			kept = append(kept, entry)
		}
	}
	return kept
}

// Stop ends the process, kindly first, and waits for its end. It returns an
// error if the server did not end by itself, or failed. What it stored is gone.
func (p *Process) Stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended: Wait says how
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	var err error
	select {
	case err = <-p.exited:
	case <-limit.C:
		err = errors.Join(p.cmd.Process.Kill(), <-p.exited)
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}
