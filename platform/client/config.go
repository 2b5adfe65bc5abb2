package client

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"connectrpc.com/connect/v2"
	"github.com/bufbuild/httplb/resolver"
)

// The defaults of [Config].
const (
	// DefaultSendPingTimeout is how long an HTTP/2 connection may receive
	// nothing before it is probed.
	DefaultSendPingTimeout = 15 * time.Second
	// DefaultPingTimeout is how long the answer to the probe may take. Together
	// with DefaultSendPingTimeout, a dead peer is noticed within 25 s.
	DefaultPingTimeout = 10 * time.Second
	// DefaultDialTimeout bounds a DNS lookup and a TCP connect, and apart from
	// them the TLS handshake.
	DefaultDialTimeout = 5 * time.Second
	// DefaultIdleTimeout closes a connection without calls.
	DefaultIdleTimeout = 90 * time.Second
	// DefaultResolveInterval is how often a balanced DNS name is looked up.
	DefaultResolveInterval = 30 * time.Second
	// DefaultCompressMinBytes is the smallest request that is worth compressing.
	DefaultCompressMinBytes = 1 << 10
	// DefaultMaxReadBytes is the largest answer accepted. A server stores at
	// most 3 MiB per message and reads requests of up to 4 MiB; Base64 in JSON
	// adds a third, escapes may add more.
	DefaultMaxReadBytes = 8 << 20
)

// Config says where the servers are and how to call them. Addresses is the
// only field without a usable zero value. Config is plain data: New copies what
// it keeps.
type Config struct {
	// Addresses are the servers: http://host:port (HTTP/2 without TLS, by prior
	// knowledge), https://host:port (HTTP/2 by ALPN) or host:port (http). All
	// have the same scheme. Several are balanced, each one being one server; a
	// single DNS name is balanced over its records (IPv4 ones if there are any).
	Addresses []string
	// Resolver replaces the source of server addresses, for instance by an
	// [AddressList]. Addresses then holds exactly one entry, which gives the
	// scheme, the Host header and the name in the server's certificate.
	Resolver resolver.Resolver
	// ResolveInterval is how often a balanced DNS name is looked up again;
	// default 30 s, at least 1 s. It has no effect on other addresses.
	ResolveInterval time.Duration

	Protocol Protocol    // default connect
	Codec    Codec       // default proto
	HTTP     HTTPVersion // default HTTP/2
	// CompressRequests sends requests of CompressMinBytes (default 1 KiB) and
	// more gzipped. A negative minimum compresses all, empty ones included.
	// Compressed responses are understood in any case.
	CompressRequests bool
	CompressMinBytes int
	// HTTPGet sends unary calls that the schema marks NO_SIDE_EFFECTS as GET
	// requests, which caches can answer. Requests whose URL would exceed 8 KiB
	// are sent by POST. Only the Connect protocol has GET; others ignore this.
	HTTPGet bool
	// MaxReadBytes is the largest message accepted, after decompression;
	// default 8 MiB. Larger ones fail with RESOURCE_EXHAUSTED.
	MaxReadBytes int

	// TLS configures https addresses and is refused for http ones.
	TLS TLS
	// Token, if set, is sent as "Authorization: Bearer …" with every call.
	Token TokenSource
	// AllowCleartextToken permits a token over http to a host that is not
	// loopback. Whoever can read the network can then use the token.
	AllowCleartextToken bool

	DialTimeout time.Duration // default 5 s
	IdleTimeout time.Duration // default 90 s
	// SendPingTimeout (default 15 s) is the silence on an HTTP/2 connection
	// after which it is probed with a PING; PingTimeout (default 10 s) is how
	// long the answer may take before the connection and its calls fail.
	SendPingTimeout time.Duration
	PingTimeout     time.Duration

	// Retry bounds the retries of unary calls; see the package documentation.
	Retry Retry
	// Interceptors wrap every call, the first one outermost. They see one call,
	// however often it is retried.
	Interceptors []connect.ClientInterceptor
	// UserAgent is sent with every call; default parley-go/VERSION.
	UserAgent string
}

// Validate returns every mistake in the configuration, joined. It opens no
// file and no connection.
func (c Config) Validate() error {
	addresses, err := c.addresses()
	errs := []error{err}
	errs = append(errs, c.validateWire()...)
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"DialTimeout", c.DialTimeout},
		{"IdleTimeout", c.IdleTimeout},
		{"SendPingTimeout", c.SendPingTimeout},
		{"PingTimeout", c.PingTimeout},
		{"Retry.BaseDelay", c.Retry.BaseDelay},
		{"Retry.MaxDelay", c.Retry.MaxDelay},
	} {
		if d.value < 0 {
			errs = append(errs, fmt.Errorf("%s %s is negative", d.name, d.value))
		}
	}
	if c.ResolveInterval != 0 && c.ResolveInterval < time.Second {
		errs = append(errs, fmt.Errorf("ResolveInterval %s is below 1s", c.ResolveInterval))
	}
	if c.MaxReadBytes < 0 {
		errs = append(errs, fmt.Errorf("MaxReadBytes %d is negative", c.MaxReadBytes))
	}
	if c.Retry.MaxAttempts < 0 || c.Retry.MaxAttempts > 10 {
		errs = append(errs, fmt.Errorf("Retry.MaxAttempts %d is not between 0 and 10", c.Retry.MaxAttempts))
	}
	if len(addresses) > 0 {
		errs = append(errs, c.TLS.validate(addresses[0].scheme), c.validateToken(addresses))
	}
	return errors.Join(errs...)
}

func (c Config) validateWire() []error {
	var errs []error
	for _, value := range []interface{ MarshalText() ([]byte, error) }{c.Protocol, c.Codec, c.HTTP} {
		if _, err := value.MarshalText(); err != nil {
			errs = append(errs, err)
		}
	}
	if c.Protocol == ProtocolGRPC && c.HTTP == HTTP1 {
		errs = append(errs, errors.New("gRPC needs HTTP/2: use HTTP version 2, or protocol connect or grpcweb over HTTP/1.1"))
	}
	return errs
}

func (c Config) validateToken(addresses []address) error {
	if c.Token == nil || c.AllowCleartextToken {
		return nil
	}
	for _, a := range addresses {
		if a.scheme == "http" && !isLoopback(a.host) {
			return fmt.Errorf("%w: %s: use https, or set AllowCleartextToken", ErrCleartextToken, a)
		}
	}
	return nil
}

// addresses parses Addresses and checks them against each other.
func (c Config) addresses() ([]address, error) {
	if len(c.Addresses) == 0 {
		return nil, errors.New("no server address is given")
	}
	if c.Resolver != nil && len(c.Addresses) != 1 {
		return nil, fmt.Errorf("with a Resolver, exactly one address is allowed, not %d", len(c.Addresses))
	}
	var parsed []address
	seen := map[string]bool{}
	for _, text := range c.Addresses {
		a, err := parseAddress(text)
		switch {
		case err != nil:
			return nil, err
		case seen[a.hostPort]:
			return nil, fmt.Errorf("address %s is given twice", a)
		case len(parsed) > 0 && parsed[0].scheme != a.scheme:
			return nil, fmt.Errorf("addresses %s and %s mix http and https", parsed[0], a)
		}
		seen[a.hostPort] = true
		parsed = append(parsed, a)
	}
	return parsed, nil
}

func (c Config) withDefaults() Config {
	c.ResolveInterval = cmp.Or(c.ResolveInterval, DefaultResolveInterval)
	c.CompressMinBytes = cmp.Or(c.CompressMinBytes, DefaultCompressMinBytes)
	c.MaxReadBytes = cmp.Or(c.MaxReadBytes, DefaultMaxReadBytes)
	c.DialTimeout = cmp.Or(c.DialTimeout, DefaultDialTimeout)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, DefaultIdleTimeout)
	c.SendPingTimeout = cmp.Or(c.SendPingTimeout, DefaultSendPingTimeout)
	c.PingTimeout = cmp.Or(c.PingTimeout, DefaultPingTimeout)
	c.Retry.MaxAttempts = cmp.Or(c.Retry.MaxAttempts, DefaultMaxAttempts)
	c.Retry.BaseDelay = cmp.Or(c.Retry.BaseDelay, DefaultBaseDelay)
	c.Retry.MaxDelay = cmp.Or(c.Retry.MaxDelay, DefaultMaxDelay)
	c.UserAgent = cmp.Or(c.UserAgent, defaultUserAgent())
	return c
}
