package client_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parleyhq/parley/platform/client"
)

// load makes unary calls from several goroutines until stop is called, which
// returns how many were made and the first error.
type load struct {
	cancel context.CancelFunc
	wait   sync.WaitGroup
	calls  atomic.Int64
	failed atomic.Pointer[error]
}

func startLoad(t *testing.T, c *client.Client) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{cancel: cancel}
	for range 8 {
		l.wait.Go(func() {
			for ctx.Err() == nil {
				// The call's context outlives the load: stopping fails no call.
				callCtx, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
				err := echo(callCtx, c, "x")
				done()
				if err != nil {
					l.failed.CompareAndSwap(nil, &err)
				}
				l.calls.Add(1)
			}
		})
	}
	t.Cleanup(l.stop)
	return l
}

func (l *load) stop() {
	l.cancel()
	l.wait.Wait()
}

// after waits until n more calls were made.
func (l *load) after(t *testing.T, n int64) {
	t.Helper()
	until := l.calls.Load() + n
	eventually(t, "calls made", func() bool { return l.calls.Load() >= until })
}

func TestThreeServersOneKilledOneAdded(t *testing.T) {
	t.Parallel()
	for _, protocol := range []client.Protocol{client.ProtocolConnect, client.ProtocolGRPC} {
		t.Run(protocol.String(), func(t *testing.T) {
			t.Parallel()
			servers := []*testServer{
				startServer(t, serverOptions{}), startServer(t, serverOptions{}),
				startServer(t, serverOptions{}), startServer(t, serverOptions{}),
			}
			list, err := client.NewAddressList(servers[0].hostPort, servers[1].hostPort, servers[2].hostPort)
			check(t, err)
			c := newClient(t, client.Config{Addresses: []string{"http://127.0.0.1:1"}, Resolver: list, Protocol: protocol})
			l := startLoad(t, c)

			l.after(t, 600)
			assertEven(t, servers[:3])

			check(t, servers[1].server.Close()) // cuts calls in progress
			l.after(t, 600)
			killed := servers[1].calls.Load()
			l.after(t, 300)
			if servers[1].calls.Load() != killed {
				t.Error("the killed server answered")
			}

			check(t, list.Set(servers[0].hostPort, servers[2].hostPort, servers[3].hostPort))
			eventually(t, "the added server is used", func() bool { return servers[3].calls.Load() > 100 })

			l.stop()
			if failed := l.failed.Load(); failed != nil {
				t.Errorf("a call failed among %d: %v", l.calls.Load(), *failed)
			}
		})
	}
}

// assertEven wants every server to have had its share, give or take a tenth.
func assertEven(t *testing.T, servers []*testServer) {
	t.Helper()
	var total int64
	counts := make([]int64, len(servers))
	for i, s := range servers {
		counts[i] = s.calls.Load()
		total += counts[i]
	}
	share := total / int64(len(servers))
	for _, n := range counts {
		if n < share*9/10 || n > share*11/10 {
			t.Errorf("uneven spread: %v", counts)
			return
		}
	}
}

func TestSeveralAddressesKeepTheirNames(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	a, b := startServer(t, serverOptions{tls: ca.server(t)}), startServer(t, serverOptions{tls: ca.server(t)})
	c := newClient(t, client.Config{Addresses: []string{a.url(), b.url()}, TLS: client.TLS{CAFile: ca.file("ca.pem")}})
	for range 10 {
		check(t, echo(t.Context(), c, "x"))
	}
	if a.calls.Load() != 5 || b.calls.Load() != 5 {
		t.Errorf("spread is %d and %d, want 5 and 5", a.calls.Load(), b.calls.Load())
	}
}

func TestRestartedServerIsUsedAgain(t *testing.T) {
	t.Parallel()
	a, b := startServer(t, serverOptions{}), startServer(t, serverOptions{})
	c := newClient(t, client.Config{Addresses: []string{a.hostPort, b.hostPort}})
	check(t, b.server.Close())
	for range 4 {
		check(t, echo(t.Context(), c, "x"))
	}
	restarted := startServer(t, serverOptions{listen: b.hostPort})
	eventually(t, "the restarted server is used", func() bool {
		check(t, echo(t.Context(), c, "x"))
		return restarted.calls.Load() > 0
	})
}

func TestAddressList(t *testing.T) {
	t.Parallel()
	list, err := client.NewAddressList("a:1")
	check(t, err)
	for want, hostPorts := range map[string][]string{
		"empty": {}, "not host:port": {"a"}, "twice": {"a:1", "a:1"},
	} {
		if err := list.Set(hostPorts...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Set(%q): %v, want %q", hostPorts, err, want)
		}
	}
	c := newClient(t, client.Config{Addresses: []string{"a:1"}, Resolver: &client.AddressList{}})
	if err := echo(t.Context(), c, "x"); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("call without servers: %v", err)
	}
}
