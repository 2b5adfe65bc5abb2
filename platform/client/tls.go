package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// TLS configures https. The zero value trusts the system's authorities and
// presents no certificate. TLS 1.2 is the oldest version accepted.
type TLS struct {
	// CAFile holds PEM certificates that replace the system's authorities.
	// At most one of CAFile and RootCAs is set. Files are read once, by New.
	CAFile  string
	RootCAs *x509.CertPool
	// CertFile and KeyFile hold the client's PEM certificate and key, for
	// mutual TLS. Both or neither are set.
	CertFile string
	KeyFile  string
	// ServerName is the name expected in the server's certificate; default the
	// host of the address.
	ServerName string
	// InsecureSkipVerify accepts any certificate: anyone on the way can read
	// and change everything, tokens included. For tests only.
	InsecureSkipVerify bool
}

func (t TLS) validate(scheme string) error {
	switch {
	case scheme == "http" && t != TLS{}:
		return errors.New("TLS is configured but the address is http: use https")
	case t.CAFile != "" && t.RootCAs != nil:
		return errors.New("TLS.CAFile and TLS.RootCAs are both set: use one")
	case (t.CertFile == "") != (t.KeyFile == ""):
		return errors.New("TLS.CertFile and TLS.KeyFile belong together: one is missing")
	}
	return nil
}

// load reads the files and returns the configuration for connections.
func (t TLS) load() (*tls.Config, error) {
	cfg := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		RootCAs:            t.RootCAs,
		ServerName:         t.ServerName,
		InsecureSkipVerify: t.InsecureSkipVerify, //nolint:gosec // asked for explicitly
	}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read TLS authorities: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read TLS authorities: %s holds no PEM certificate", t.CAFile)
		}
	}
	if t.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("load TLS client certificate: %w", err)
		}
		cfg.Certificates = []tls.Certificate{cert}
	}
	return cfg, nil
}
