package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/parleyhq/parley/platform/interceptor"
)

// ErrConfig is wrapped by every error of [Config.Validate].
var ErrConfig = errors.New("invalid configuration")

// Config says how to serve. The tags give each field its command-line flag,
// default and help; [DefaultConfig] gives the same defaults to programs.
type Config struct {
	Listen      string `default:"127.0.0.1:8080" help:"Address to serve RPCs on, host:port. Port 0 picks a free one."`
	AdminListen string `default:"127.0.0.1:8081" help:"Address for metrics, liveness and readiness, which anybody who reaches it may read, and for profiles and backups, which only this machine may ask for. Empty turns it off."`

	TLSCert string `help:"PEM file with the server's certificate chain. Turns TLS on." placeholder:"FILE" type:"path"`
	TLSKey  string `help:"PEM file with the certificate's private key." placeholder:"FILE" type:"path"`

	AllowAnonymous bool     `help:"Serve callers without identity on an address that is not loopback."`
	CORSOrigin     []string `help:"Web origin whose pages may call this server, such as https://app.example.com. May be repeated." placeholder:"ORIGIN" name:"cors-origin"`
	AllowedHost    []string `help:"Host name or address, without a port, that requests may carry besides those of loopback and the listen address. May be repeated." placeholder:"HOST"`

	MaxMessageBytes int                   `default:"4194304" help:"Largest request message accepted, in bytes, before and after decompression."`
	MaxStreams      int                   `default:"1000" help:"Calls one HTTP/2 connection may have open at once."`
	UnaryTimeout    time.Duration         `default:"60s" help:"Longest time for a call with one request and one response, reading included."`
	StallTimeout    time.Duration         `default:"60s" help:"End a stream whose peer takes no data for this long."`
	DrainDelay      time.Duration         `default:"0s" help:"On shutdown: time between turning unready and closing the listener."`
	DrainTimeout    time.Duration         `default:"30s" help:"On shutdown: time for open calls to end before they are cut."`
	AccessLog       interceptor.AccessLog `default:"failures" help:"Calls to log: failures, all or off."`
}

// DefaultConfig returns the defaults of `parley serve`.
func DefaultConfig() Config {
	return Config{
		Listen:          "127.0.0.1:8080",
		AdminListen:     "127.0.0.1:8081",
		MaxMessageBytes: 4 << 20,
		MaxStreams:      1000,
		UnaryTimeout:    time.Minute,
		StallTimeout:    time.Minute,
		DrainTimeout:    30 * time.Second,
	}
}

// Validate reports everything that is wrong with the configuration, each with
// what to do about it. It touches neither network nor files.
func (c Config) Validate() error {
	var errs []error
	fail := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrConfig}, args...)...))
	}
	if host, _, err := net.SplitHostPort(c.Listen); err != nil {
		fail("--listen %q is not host:port: %v", c.Listen, err)
	} else if !c.AllowAnonymous && !isLoopback(host) {
		fail("--listen %s can be reached from other machines, and callers carry no identity: "+
			"listen on 127.0.0.1, or pass --allow-anonymous if everybody who reaches the port may do everything", c.Listen)
	}
	if _, _, err := net.SplitHostPort(c.AdminListen); c.AdminListen != "" && err != nil {
		fail("--admin-listen %q is not host:port: %v", c.AdminListen, err)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		fail("--tls-cert and --tls-key go together: only one is given")
	}
	for _, origin := range c.CORSOrigin {
		if !isOrigin(origin) {
			fail("--cors-origin %q is not scheme://host[:port]", origin)
		}
	}
	for _, host := range c.AllowedHost {
		if !isHost(host) {
			fail("--allowed-host %q is not a host name or an address: leave out scheme, port and path", host)
		}
	}
	if c.MaxMessageBytes < 1 {
		fail("--max-message-bytes %d: must be at least 1", c.MaxMessageBytes)
	}
	if c.MaxStreams < 1 {
		fail("--max-streams %d: must be at least 1", c.MaxStreams)
	}
	for _, duration := range []struct {
		flag  string
		value time.Duration
	}{
		{"unary-timeout", c.UnaryTimeout},
		{"stall-timeout", c.StallTimeout},
		{"drain-delay", c.DrainDelay},
		{"drain-timeout", c.DrainTimeout},
	} {
		if duration.value < 0 {
			fail("--%s %s: must not be negative", duration.flag, duration.value)
		}
	}
	return errors.Join(errs...)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func isHost(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || host != "" && !strings.ContainsAny(host, ":/ *[]")
}

func isOrigin(origin string) bool {
	parsed, err := url.Parse(origin)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") &&
		parsed.Host != "" && parsed.Path == "" && parsed.RawQuery == "" && parsed.User == nil
}
