package client

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// ErrCleartextToken says that a call with an Authorization header was about to leave
// this machine unencrypted.
var ErrCleartextToken = errors.New("refusing to send a token unencrypted to another machine")

// leafFactory builds the transport to one server.
type leafFactory struct {
	cfg   Config
	tls   *tls.Config
	conns *connections
}

// direct returns the transport for a single server and what releases it.
func (f leafFactory) direct() (http.RoundTripper, func()) {
	transport := f.transport("")
	return &leaf{next: transport, conns: f.conns, cleartextToken: f.cfg.AllowCleartextToken}, transport.CloseIdleConnections
}

// transport configures net/http. serverName is the name expected in the
// certificate, if it is not the host connected to.
func (f leafFactory) transport(serverName string) *http.Transport {
	tlsConfig := f.tls.Clone()
	if tlsConfig.ServerName == "" {
		tlsConfig.ServerName = serverName
	}
	protocols := new(http.Protocols)
	if f.cfg.HTTP == HTTP1 {
		protocols.SetHTTP1(true)
	} else {
		protocols.SetHTTP2(true)
		protocols.SetUnencryptedHTTP2(true)
	}
	return &http.Transport{
		// An HTTP proxy can tunnel only TLS without understanding HTTP/2.
		Proxy:               proxyForTLS,
		DialContext:         f.conns.dial,
		TLSClientConfig:     tlsConfig,
		TLSHandshakeTimeout: f.cfg.DialTimeout,
		IdleConnTimeout:     f.cfg.IdleTimeout,
		DisableCompression:  true, // Connect negotiates it itself
		Protocols:           protocols,
		HTTP2: &http.HTTP2Config{
			SendPingTimeout: f.cfg.SendPingTimeout,
			PingTimeout:     f.cfg.PingTimeout,
		},
		MaxIdleConnsPerHost: 16, // HTTP/1.1 only: HTTP/2 shares one connection
	}
}

// leaf sends requests to one server: it refuses a token in clear, names the
// server in errors, and tells the balancer when the server is unreachable.
type leaf struct {
	next           http.RoundTripper
	conns          *connections
	cleartextToken bool
	ownHost        bool             // Host header is the server's own address
	report         func(reach bool) // nil without a balancer
}

func (l *leaf) RoundTrip(req *http.Request) (*http.Response, error) {
	// httplb re-uses the request it passes as soon as the response ends, while
	// net/http may still read it: give net/http a copy of its own.
	target := *req.URL
	req = req.WithContext(req.Context())
	req.URL = &target
	if l.ownHost {
		req.Host = target.Host
	}
	address := target.Scheme + "://" + target.Host
	if target.Scheme == "http" && !l.cleartextToken && !isLoopback(target.Hostname()) && req.Header.Get("Authorization") != "" {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, &TransportError{Address: address, Err: fmt.Errorf("%w: %s", ErrCleartextToken, address)}
	}
	resp, err := l.next.RoundTrip(req)
	if err != nil {
		switch {
		case req.Context().Err() != nil:
		case !neverSent(err):
			err = l.conns.cause(target.Host, err)
		case l.report != nil:
			l.report(false)
		}
		return nil, &TransportError{Address: address, Err: err}
	}
	if l.report != nil {
		l.report(true)
	}
	return resp, nil
}

// neverSent reports whether err says that no connection could be opened, so
// that no server can have seen the request.
func neverSent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	if ok && op.Op == "dial" {
		return true
	}
	_, ok = errors.AsType[*net.DNSError](err)
	return ok
}
