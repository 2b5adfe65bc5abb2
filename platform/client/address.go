package client

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// address is one parsed server address.
type address struct {
	scheme   string // http or https
	host     string // without port and brackets
	hostPort string // always with a port
}

func (a address) String() string { return a.scheme + "://" + a.hostPort }

// balanced reports whether the host is a DNS name that may have several
// records. localhost is not: it is one machine, whatever its records are.
func (a address) balanced() bool {
	_, err := netip.ParseAddr(a.host)
	return err != nil && !isLoopback(a.host)
}

// parseAddress reads http://host:port, https://host:port or host:port, which
// means http. A URL without a port gets 80 or 443.
func parseAddress(text string) (address, error) {
	withScheme := text
	if !strings.Contains(text, "://") {
		if _, _, err := net.SplitHostPort(text); err != nil {
			return address{}, fmt.Errorf("address %q: want http://host:port, https://host:port or host:port", text)
		}
		withScheme = "http://" + text
	}
	u, err := url.Parse(withScheme)
	if err != nil {
		return address{}, fmt.Errorf("address %q: %w", text, errors.Unwrap(err))
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return address{}, fmt.Errorf("address %q: scheme %q is not http or https", text, u.Scheme)
	case u.Hostname() == "":
		return address{}, fmt.Errorf("address %q: host is missing", text)
	case u.User != nil:
		return address{}, fmt.Errorf("address of %q: user and password are not supported, use a token", u.Host)
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return address{}, fmt.Errorf("address %q: only scheme, host and port are allowed", text)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return address{}, fmt.Errorf("address %q: port %q is not a number from 1 to 65535", text, port)
	}
	return address{scheme: u.Scheme, host: u.Hostname(), hostPort: net.JoinHostPort(u.Hostname(), port)}, nil
}

// isLoopback reports whether host is a loopback IP address or localhost.
func isLoopback(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
