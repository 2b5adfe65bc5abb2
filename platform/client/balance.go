package client

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bufbuild/httplb"
	"github.com/bufbuild/httplb/conn"
	"github.com/bufbuild/httplb/picker"
	"github.com/bufbuild/httplb/resolver"
)

// coolDown is how long a server that refused a connection is passed over while
// others are left. Short, so that a restarted server is soon used again.
const coolDown = time.Second

// balance returns a transport that spreads calls over the servers of addresses
// or of the resolver, and what releases it. httplb keeps the set of servers and
// closes the ones that went away; the order of servers is ours (see rotation).
func balance(cfg Config, addresses []address, leaf leafFactory) (http.RoundTripper, func()) {
	servers := &lbTransport{factory: leaf}
	source := cfg.Resolver
	switch {
	case source != nil:
		servers.serverName = addresses[0].host
	case len(addresses) == 1:
		servers.serverName = addresses[0].host
		source = resolver.NewPollingResolver(dnsProber{timeout: cfg.DialTimeout}, cfg.ResolveInterval)
	default:
		list := &AddressList{}
		for _, a := range addresses {
			list.addresses = append(list.addresses, resolver.Address{HostPort: a.hostPort})
		}
		source = list
	}
	target := addresses[0]
	lb := httplb.NewClient(
		httplb.WithTransport(target.scheme, servers),
		httplb.WithResolver(source),
		httplb.WithPicker(servers.newPicker),
		httplb.WithAllowBackendTarget(target.scheme, target.hostPort),
	)
	return lb.Transport, func() { _ = lb.Close() }
}

// lbTransport builds the transport to each server of a balanced set and knows
// which servers refused connections lately.
type lbTransport struct {
	factory leafFactory
	// serverName is the common name of all servers; empty if each has its own.
	serverName string
	down       sync.Map // host:port -> time.Time until which it is passed over
}

// NewRoundTripper implements httplb.Transport. Our own settings replace the
// ones httplb passes.
func (t *lbTransport) NewRoundTripper(_, target string, _ httplb.TransportConfig) httplb.RoundTripperResult {
	transport := t.factory.transport(t.serverName)
	transport.Proxy = nil // the server was chosen here, a proxy would choose again
	report := func(reach bool) {
		if reach {
			t.down.Delete(target)
		} else {
			t.down.Store(target, time.Now().Add(coolDown))
		}
	}
	return httplb.RoundTripperResult{
		RoundTripper: &leaf{
			next: transport, conns: t.factory.conns, cleartextToken: t.factory.cfg.AllowCleartextToken,
			ownHost: t.serverName == "", report: report,
		},
		Close: func() {
			transport.CloseIdleConnections()
			t.down.Delete(target)
		},
	}
}

func (t *lbTransport) newPicker(_ picker.Picker, all conn.Conns) picker.Picker {
	r := &rotation{down: &t.down}
	for i := range all.Len() {
		r.conns = append(r.conns, all.Get(i))
	}
	return r
}

// rotation picks servers round robin. It prefers servers that this call has not
// tried and that have not refused a connection within the cool-down; with none
// left, it gives up the second wish, then the first, and never fails.
type rotation struct {
	conns []conn.Conn
	next  atomic.Uint64
	down  *sync.Map
}

// Pick implements picker.Picker.
func (r *rotation) Pick(req *http.Request) (conn.Conn, func(), error) {
	start := int((r.next.Add(1) - 1) % uint64(len(r.conns)))
	tried := triedServers(req.Context())
	best, bestScore := r.conns[start], -1
	for i := range r.conns {
		candidate := r.conns[(start+i)%len(r.conns)]
		if score := r.score(candidate.Address().HostPort, tried); score > bestScore {
			best, bestScore = candidate, score
		}
		if bestScore == 3 {
			break
		}
	}
	tried.add(best.Address().HostPort)
	return best, nil, nil
}

func (r *rotation) score(hostPort string, tried *serversTried) int {
	score := 3
	if tried.has(hostPort) {
		score -= 2
	}
	if until, ok := r.down.Load(hostPort); ok && time.Now().Before(until.(time.Time)) { //nolint:forcetypeassert,errcheck // only times are stored
		score--
	}
	return score
}

// serversTried are the servers the attempts of one call went to, one after the
// other. A nil one remembers nothing.
type serversTried struct{ hostPorts []string }

type triedKey struct{}

func withTried(ctx context.Context) context.Context {
	return context.WithValue(ctx, triedKey{}, &serversTried{})
}

func triedServers(ctx context.Context) *serversTried {
	tried, _ := ctx.Value(triedKey{}).(*serversTried)
	return tried
}

func (s *serversTried) has(hostPort string) bool {
	return s != nil && slices.Contains(s.hostPorts, hostPort)
}

func (s *serversTried) add(hostPort string) {
	if s != nil {
		s.hostPorts = append(s.hostPorts, hostPort)
	}
}

// dnsProber looks a name up, in bounded time: httplb makes the first call wait
// for the answer whatever the call's own deadline is.
type dnsProber struct{ timeout time.Duration }

// ResolveOnce implements resolver.ResolveProber.
func (p dnsProber) ResolveOnce(ctx context.Context, _, hostPort string) ([]resolver.Address, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, 0, err
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, 0, err
	}
	var v4, all []resolver.Address
	for _, ip := range ips {
		a := resolver.Address{HostPort: net.JoinHostPort(ip.Unmap().String(), port)}
		all = append(all, a)
		if ip.Unmap().Is4() {
			v4 = append(v4, a)
		}
	}
	if len(v4) > 0 {
		return v4, 0, nil
	}
	return all, 0, nil
}

// proxyForTLS takes HTTPS_PROXY and NO_PROXY from the environment.
func proxyForTLS(req *http.Request) (*url.URL, error) {
	if req.URL.Scheme != "https" {
		return nil, nil //nolint:nilnil // what net/http asks for
	}
	return http.ProxyFromEnvironment(req)
}
