package client

import (
	"fmt"
	"net/http"
	"runtime/debug"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
)

// maxGetURL is the longest URL of a GET request, in bytes: what common proxies
// accept.
const maxGetURL = 8 << 10

// Client holds the connections to the servers of one [Config]. It is safe for
// concurrent use and meant to live as long as the program.
type Client struct {
	connect *connect.Client
	calls   *calls
	conns   *connections
	// release stops what stands between calls and conns.
	release func()
}

// New validates cfg, reads its TLS files and builds a client. It opens no
// connection: the first call does. The caller must call Close.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure client: %w", err)
	}
	cfg = cfg.withDefaults()
	addresses, err := cfg.addresses()
	if err != nil {
		return nil, fmt.Errorf("configure client: %w", err)
	}
	tlsConfig, err := cfg.TLS.load()
	if err != nil {
		return nil, fmt.Errorf("configure client: %w", err)
	}
	c := &Client{conns: newConnections(cfg, addresses[0].scheme)}
	leaf := leafFactory{cfg: cfg, tls: tlsConfig, conns: c.conns}
	var transport http.RoundTripper
	if cfg.Resolver == nil && len(addresses) == 1 && !addresses[0].balanced() {
		transport, c.release = leaf.direct()
	} else {
		transport, c.release = balance(cfg, addresses, leaf)
	}
	c.calls = &calls{next: transport, active: map[*call]struct{}{}}
	httpClient := &http.Client{Transport: c.calls, CheckRedirect: refuseRedirect}
	c.connect = connect.NewClient(
		connecthttp.NewTransport(httpClient, addresses[0].String(), cfg.wireOptions()...),
		cfg.interceptors()...)
	return c, nil
}

// Connect returns what generated constructors take.
func (c *Client) Connect() *connect.Client { return c.connect }

// Close ends every call in progress (their errors match [ErrClosed]), closes
// every connection and waits for the balancer's goroutines. Later calls fail
// with [ErrClosed]. Close may be called more than once and never fails.
func (c *Client) Close() error {
	c.calls.close()
	c.conns.close()
	c.release()
	return nil
}

func (c Config) wireOptions() []connecthttp.Option {
	options := []connecthttp.Option{
		connecthttp.WithReadMaxBytes(c.MaxReadBytes),
		connecthttp.WithSendCodec(c.Codec.String()),
	}
	switch c.Protocol {
	case ProtocolGRPC:
		options = append(options, connecthttp.WithGRPC())
	case ProtocolGRPCWeb:
		options = append(options, connecthttp.WithGRPCWeb())
	case ProtocolConnect:
	}
	if c.CompressRequests {
		options = append(options, connecthttp.WithSendGzip(), connecthttp.WithCompressMinBytes(c.CompressMinBytes))
	}
	if c.HTTPGet {
		options = append(options, connecthttp.WithHTTPGet(), connecthttp.WithHTTPGetMaxURLSize(maxGetURL, true))
	}
	return options
}

func (c Config) interceptors() []connect.ClientInterceptor {
	chain := append([]connect.ClientInterceptor(nil), c.Interceptors...)
	if c.HTTP == HTTP1 {
		chain = append(chain, refuseBidi)
	}
	return append(chain, retryUnary(c.Retry), callHeaders(c.Token, c.UserAgent), nameFailures)
}

// refuseRedirect: no RPC is redirected, and a token must not follow one.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func defaultUserAgent() string {
	const module = "github.com/parleyhq/parley/platform"
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == module && m.Version != "" && m.Version != "(devel)" && m.Replace == nil {
				version = m.Version
			}
		}
	}
	return "parley-go/" + version
}
