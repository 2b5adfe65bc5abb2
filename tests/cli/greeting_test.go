package cli_test

import (
	"fmt"
	"path/filepath"
	"testing"
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
