package cli_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// TestGreeting holds that a server says where its data is and how to stop it.
func TestGreeting(t *testing.T) {
	t.Parallel()
	server := follow(t, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "")
	server.printed(t, fmt.Sprintf("\nProcess: %d.", server.cmd.Process.Pid))
	server.printed(t, "\nData: "+filepath.Join(server.cmd.Dir, "parley-data")+"\n")
	if got := server.interrupt(t); got.code != 0 {
		t.Errorf("exit code %d", got.code)
	}
}

// TestGreetingOverTLS runs a command that a server suggests whose certificate
// nobody has signed.
func TestGreetingOverTLS(t *testing.T) {
	t.Parallel()
	cert := harness.StartTLS(t).CAFile
	key := filepath.Join(filepath.Dir(cert), "PRIVATE KEY.pem")
	server := follow(t, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "", "--tls-cert", cert, "--tls-key", key)
	server.printed(t, "Ctrl-C")
	_, line, found := strings.Cut(server.out.String(), "parley topic create ")
	if !found {
		t.Fatalf("the server printed %q", server.out.String())
	}
	line, _, _ = strings.Cut(line, "\n")
	parley(t, append([]string{"topic", "create"}, strings.Fields(line)...)...).expect(t, line, 0, "topic orders is ready\n")
	if got := server.interrupt(t); got.code != 0 {
		t.Errorf("exit code %d", got.code)
	}
}
