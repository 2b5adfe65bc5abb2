package server

import (
	"crypto/tls"
	"fmt"
)

// tlsConfig loads the certificate, or returns nil where TLS is off. net/http
// adds the protocols to negotiate (ALPN, RFC 7301).
func (c Config) tlsConfig() (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil //nolint:nilnil // no TLS is a valid choice, and net/http's own form of it
	}
	certificate, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("load the TLS certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil
}
