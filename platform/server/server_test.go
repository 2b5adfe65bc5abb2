package server_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/platform/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*server.Config)
		says   string // "" for a valid configuration
	}{
		"defaults":              {change: func(*server.Config) {}},
		"IPv6 loopback":         {change: func(c *server.Config) { c.Listen = "[::1]:0" }},
		"no admin":              {change: func(c *server.Config) { c.AdminListen = "" }},
		"no host:port":          {func(c *server.Config) { c.Listen = "8080" }, "--listen"},
		"reachable, anonymous":  {func(c *server.Config) { c.Listen = "0.0.0.0:8080" }, "--allow-anonymous"},
		"all interfaces":        {func(c *server.Config) { c.Listen = ":8080" }, "--allow-anonymous"},
		"reachable and allowed": {change: func(c *server.Config) { c.Listen, c.AllowAnonymous = ":8080", true }},
		"key without cert":      {func(c *server.Config) { c.TLSKey = "key.pem" }, "--tls-cert"},
		"origin with path":      {func(c *server.Config) { c.CORSOrigin = []string{"https://a.example/x"} }, "--cors-origin"},
		"any origin":            {func(c *server.Config) { c.CORSOrigin = []string{"*"} }, "--cors-origin"},
		"allowed hosts":         {change: func(c *server.Config) { c.AllowedHost = []string{"a.example", "10.0.0.1", "::1", "[::1]"} }},
		"allowed host and port": {func(c *server.Config) { c.AllowedHost = []string{"a.example:8080"} }, "--allowed-host"},
		"allowed URL":           {func(c *server.Config) { c.AllowedHost = []string{"https://a.example"} }, "--allowed-host"},
		"no message size":       {func(c *server.Config) { c.MaxMessageBytes = 0 }, "--max-message-bytes"},
		"no streams":            {func(c *server.Config) { c.MaxStreams = 0 }, "--max-streams"},
		"negative timeout":      {func(c *server.Config) { c.DrainTimeout = -1 }, "--drain-timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := server.DefaultConfig()
			test.change(&config)
			err := config.Validate()
			switch {
			case test.says == "" && err != nil:
				t.Errorf("got %v, want a valid configuration", err)
			case test.says != "" && (!errors.Is(err, server.ErrConfig) || !strings.Contains(err.Error(), test.says)):
				t.Errorf("got %v, want an error that names %s", err, test.says)
			}
		})
	}
}

// start runs a server with an extra service and returns its base URLs and a
// function that stops it and returns what Run returned.
func start(t *testing.T, change func(*server.Config), services ...server.Service) (built *server.Server, stop func() error) {
	t.Helper()
	config := server.DefaultConfig()
	config.Listen, config.AdminListen = "127.0.0.1:0", "127.0.0.1:0"
	if change != nil {
		change(&config)
	}
	built, err := server.Build(t.Context(), slog.New(slog.DiscardHandler), server.Info{Name: "test", Version: "1"}, config, services...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- built.Run(ctx) }()
	stopped := false
	stop = func() error {
		stopped = true
		cancel()
		return <-done
	}
	t.Cleanup(func() {
		if !stopped {
			_ = stop()
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return built, stop
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	built, stop := start(t, nil)
	admin := "http://" + built.AdminAddr()
	for path, says := range map[string]string{
		"/livez": "alive", "/readyz": "ready", "/metrics": "go_goroutines", "/debug/pprof/": "goroutine",
	} {
		if status, body := get(t, admin+path); status != http.StatusOK || !strings.Contains(body, says) {
			t.Errorf("%s: %d %.80q, want %q", path, status, body, says)
		}
	}
	if status, body := get(t, built.URL()+"/"); status != http.StatusOK || !strings.Contains(body, "test 1") {
		t.Errorf("front page: %d %q", status, body)
	}
	if err := stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	built, _ := start(t, nil)
	config := server.DefaultConfig()
	config.Listen, config.AdminListen = built.Addr(), ""
	_, err := server.Build(t.Context(), slog.New(slog.DiscardHandler), server.Info{}, config)
	if err == nil || !strings.Contains(err.Error(), "--listen "+built.Addr()) {
		t.Errorf("got %v, want an error that names the address", err)
	}
}

// A server that holds little must not collect garbage all the time.
func TestHeapReserve(t *testing.T) {
	t.Parallel()
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		t.Skip("GOGC or GOMEMLIMIT is set: the collector's pace is the caller's choice")
	}
	built, _ := start(t, nil)
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	if stats.NextGC < 96<<20 {
		t.Errorf("the next collection is at %d bytes, want at least half more than the reserve of 64 MiB", stats.NextGC)
	}
	runtime.KeepAlive(built)
}

// Services are closed once, the last first, after a drain.
func TestServicesClose(t *testing.T) {
	t.Parallel()
	var closed []string
	closing := func(name string, err error) server.Service {
		return server.Service{Name: name, Register: func(*connectServer) {}, Close: func() error {
			closed = append(closed, name)
			return err
		}}
	}
	broken := errors.New("broken")
	_, stop := start(t, nil, closing("first", nil), closing("second", broken))
	if err := stop(); !errors.Is(err, broken) {
		t.Errorf("got %v, want the service's error", err)
	}
	if got := strings.Join(closed, " "); got != "second first" {
		t.Errorf("closed %q", got)
	}
}

// A call that does not end within the drain timeout is cut, and Run says so. Its
// caller is told that the server goes away, not that it gave up.
func TestDrainTimeout(t *testing.T) {
	t.Parallel()
	for _, http1 := range []bool{false, true} {
		entered := make(chan struct{})
		built, stop := start(t, func(c *server.Config) { c.DrainTimeout = 50 * time.Millisecond }, hanging(entered))
		answered := make(chan error, 1)
		go func() { answered <- callHanging(built.URL(), http1) }()
		<-entered
		if err := stop(); !errors.Is(err, server.ErrCut) {
			t.Errorf("got %v, want ErrCut", err)
		}
		if err := <-answered; rpcerror.ReasonOf(err) != errorv1.Reason_REASON_SERVER_DRAINING {
			t.Errorf("HTTP/1.1 %v: the cut call ended with %v, want SERVER_DRAINING", http1, err)
		}
	}
}
