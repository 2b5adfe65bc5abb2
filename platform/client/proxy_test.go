package client_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parleyhq/parley/platform/client"
)

// TestThroughProxies runs the configurations of docs/load-balancing.md. It
// skips a proxy that is not installed, and fails instead when
// PARLEY_TEST_STRICT=1.
func TestThroughProxies(t *testing.T) {
	t.Parallel()
	protocols := []client.Protocol{client.ProtocolConnect, client.ProtocolGRPC, client.ProtocolGRPCWeb}
	for _, proxy := range []struct {
		name, config string
		args         []string
	}{
		{"nginx", "nginx.conf", []string{"-c"}},
		{"caddy", "Caddyfile", []string{"run", "--adapter", "caddyfile", "--config"}},
		{"haproxy", "haproxy.cfg", []string{"-db", "-f"}},
	} {
		t.Run(proxy.name, func(t *testing.T) {
			t.Parallel()
			program := needProgram(t, proxy.name)
			a, b := startServer(t, serverOptions{}), startServer(t, serverOptions{})
			listen := runProxy(t, program, proxy.config, proxy.args, a.hostPort, b.hostPort)
			for _, protocol := range protocols {
				a.calls.Store(0)
				b.calls.Store(0)
				c := newClient(t, client.Config{Addresses: []string{listen}, Protocol: protocol})
				for i := range 20 {
					check(t, echo(t.Context(), c, fmt.Sprintf("call %d", i)))
				}
				if a.calls.Load() == 0 || b.calls.Load() == 0 {
					t.Errorf("%s: %d and %d calls, want both servers used", protocol, a.calls.Load(), b.calls.Load())
				}
				// A Parley server refuses a Host that it does not know.
				for _, server := range []*testServer{a, b} {
					if host := server.lastHost(); !strings.HasPrefix(host, "127.0.0.1") {
						t.Errorf("%s: the server was called %q, want the address that the client called", protocol, host)
					}
				}
				testBidi(t, c, client.HTTP2)
			}
		})
	}
}

// TestDocumentedConfigurations keeps the text of the guide what was tried here.
func TestDocumentedConfigurations(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/load-balancing.md")
	check(t, err)
	for config, listen := range map[string]string{"nginx.conf": "8080", "nginx-token.conf": "443", "Caddyfile": ":8080", "haproxy.cfg": ":8080"} {
		want := strings.NewReplacer("@DIR@", "/var/lib/nginx", "@LISTEN@", listen, "@A@", "10.0.0.1:8080", "@B@", "10.0.0.2:8080",
			"@AUTHORIZER@", "127.0.0.1:9000").Replace(testdata(t, config))
		if !strings.Contains(string(guide), want) {
			t.Errorf("docs/load-balancing.md does not show this %s:\n%s", config, want)
		}
	}
}

func needProgram(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("PARLEY_TEST_STRICT") == "1" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// runProxy starts a proxy in front of two servers and returns where it listens.
func runProxy(t *testing.T, program, config string, args []string, a, b string) string {
	t.Helper()
	dir, listen := t.TempDir(), closedPort(t)
	text := strings.NewReplacer("@DIR@", dir, "@LISTEN@", listen, "@A@", a, "@B@", b).Replace(testdata(t, config))
	startProxy(t, program, args, dir, config, text, listen)
	return listen
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	check(t, err)
	return string(text)
}

// startProxy starts a proxy that keeps its files in a folder, and waits until it listens.
func startProxy(t *testing.T, program string, args []string, dir, config, text, listen string) {
	t.Helper()
	file := filepath.Join(dir, config)
	check(t, os.WriteFile(file, []byte(text), 0o600))
	command := exec.CommandContext(t.Context(), program, append(args, file)...)
	command.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	check(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", program, output.String())
		}
	})
	eventually(t, program+" listens", func() bool {
		conn, err := net.Dial("tcp", listen)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
}
