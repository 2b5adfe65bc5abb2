package node_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// mortal is a server that a test in TypeScript stops and starts again, on one
// address and one data directory. It asks by HTTP:
//
//	POST /kill    SIGKILL, and wait for the end
//	POST /drain   SIGTERM, and wait for the end
//	POST /start   start it again, and wait until it is ready
//	POST /freeze  SIGSTOP: connections stay open and nothing is answered
//	POST /thaw    SIGCONT
//	POST /left    wait until no subscription is left
type mortal struct {
	url     string // of the server
	control string // base URL of what is asked

	flags  []string
	server *harness.Server
	asked  chan request
}

type request struct {
	command string
	done    chan struct{}
}

// startMortal starts the server with further flags.
func startMortal(t *testing.T, flags ...string) *mortal {
	t.Helper()
	address := freeAddress(t)
	m := &mortal{
		url:   "http://" + address,
		flags: append([]string{"--listen", address, "--data-dir", filepath.Join(t.TempDir(), "data")}, flags...),
		asked: make(chan request),
	}
	m.server = harness.Start(t, m.flags...)
	control := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked := request{strings.TrimPrefix(r.URL.Path, "/"), make(chan struct{})}
		select {
		case m.asked <- asked:
			<-asked.done
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(control.Close)
	m.control = control.URL
	return m
}

// runTests runs a built test file and does what it asks meanwhile. The harness
// may only be used by the goroutine of the test, hence the channel.
func (m *mortal) runTests(t *testing.T, dir, file string, environment ...string) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runTests(t, dir, file, append(environment, "PARLEY_TEST_URL="+m.url, "PARLEY_TEST_CONTROL="+m.control)...)
	}()
	for {
		select {
		case asked := <-m.asked:
			m.do(t, asked.command)
			close(asked.done)
		case <-ended:
			m.do(t, "thaw") // or it could not be stopped
			return
		}
	}
}

func (m *mortal) do(t *testing.T, command string) {
	t.Helper()
	switch command {
	case "kill":
		m.server.Kill(t)
	case "drain":
		m.server.Stop(t)
	case "start":
		m.server = harness.Start(t, m.flags...)
	case "freeze":
		m.signal(t, syscall.SIGSTOP)
	case "thaw":
		m.signal(t, syscall.SIGCONT)
	case "left":
		harness.Eventually(t, "no subscription is left", func() bool {
			return m.server.Metric(t, "parley_messaging_subscriptions") == 0
		})
	default:
		t.Errorf("no such command: %q", command)
	}
}

func (m *mortal) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	select {
	case <-m.server.Exited():
		return
	default:
	}
	if err := syscall.Kill(m.server.PID(), signal); err != nil {
		t.Errorf("send %s to the server: %v", signal, err)
	}
}

// freeAddress returns an address that nobody listens on. The kernel hands out
// others before it hands this one out again.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
