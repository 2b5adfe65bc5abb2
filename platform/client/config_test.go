package client_test

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/platform/client"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	one := []string{"http://127.0.0.1:8080"}
	list, err := client.NewAddressList("127.0.0.1:1")
	check(t, err)
	token := client.StaticToken("t")
	tests := map[string]struct {
		cfg  client.Config
		want string // part of the error; empty: valid
	}{
		"http":                    {client.Config{Addresses: one}, ""},
		"https without port":      {client.Config{Addresses: []string{"https://parley.example"}}, ""},
		"bare":                    {client.Config{Addresses: []string{"parley.example:8080"}}, ""},
		"bare IPv6":               {client.Config{Addresses: []string{"[::1]:8080"}}, ""},
		"several":                 {client.Config{Addresses: []string{"a:1", "http://b:1"}}, ""},
		"grpcweb over 1.1":        {client.Config{Addresses: one, Protocol: client.ProtocolGRPCWeb, HTTP: client.HTTP1}, ""},
		"token to localhost":      {client.Config{Addresses: []string{"http://localhost:1"}, Token: token}, ""},
		"token to loopback IPv6":  {client.Config{Addresses: []string{"http://[::1]:1"}, Token: token}, ""},
		"token over https":        {client.Config{Addresses: []string{"https://a:1"}, Token: token}, ""},
		"token in clear, allowed": {client.Config{Addresses: []string{"http://a:1"}, Token: token, AllowCleartextToken: true}, ""},
		"resolver":                {client.Config{Addresses: one, Resolver: list}, ""},

		"no address":            {client.Config{}, "no server address"},
		"no port":               {client.Config{Addresses: []string{"parley"}}, `address "parley": want http://host:port`},
		"scheme":                {client.Config{Addresses: []string{"ftp://a:1"}}, `scheme "ftp" is not http or https`},
		"no host":               {client.Config{Addresses: []string{"http://:80"}}, "host is missing"},
		"bare without host":     {client.Config{Addresses: []string{":80"}}, "host is missing"},
		"path":                  {client.Config{Addresses: []string{"http://a:1/api"}}, "only scheme, host and port"},
		"password":              {client.Config{Addresses: []string{"http://u:p@a:1"}}, "user and password are not supported"},
		"port 0":                {client.Config{Addresses: []string{"a:0"}}, `port "0" is not a number from 1 to 65535`},
		"port too high":         {client.Config{Addresses: []string{"a:65536"}}, `port "65536"`},
		"mixed":                 {client.Config{Addresses: []string{"http://a:1", "https://b:1"}}, "mix http and https"},
		"twice":                 {client.Config{Addresses: []string{"http://a:1", "a:1"}}, "address http://a:1 is given twice"},
		"resolver with two":     {client.Config{Addresses: []string{"a:1", "b:1"}, Resolver: list}, "exactly one address"},
		"grpc over 1.1":         {client.Config{Addresses: one, Protocol: client.ProtocolGRPC, HTTP: client.HTTP1}, "gRPC needs HTTP/2"},
		"unknown protocol":      {client.Config{Addresses: one, Protocol: 9}, "protocol 9 is unknown"},
		"unknown codec":         {client.Config{Addresses: one, Codec: 9}, "codec 9 is unknown"},
		"unknown HTTP version":  {client.Config{Addresses: one, HTTP: 9}, "HTTP version 9 is unknown"},
		"TLS for http":          {client.Config{Addresses: one, TLS: client.TLS{CAFile: "ca.pem"}}, "the address is http"},
		"two authorities":       {client.Config{Addresses: []string{"https://a:1"}, TLS: client.TLS{CAFile: "x", RootCAs: x509.NewCertPool()}}, "both set"},
		"certificate, no key":   {client.Config{Addresses: []string{"https://a:1"}, TLS: client.TLS{CertFile: "x"}}, "belong together"},
		"token in clear":        {client.Config{Addresses: []string{"http://10.0.0.1:1"}, Token: token}, "token unencrypted to another machine: http://10.0.0.1:1"},
		"token, second address": {client.Config{Addresses: []string{"http://127.0.0.1:1", "http://a:1"}, Token: token}, "unencrypted to another machine: http://a:1"},
		"negative time":         {client.Config{Addresses: one, PingTimeout: -1}, "PingTimeout -1ns is negative"},
		"resolve too often":     {client.Config{Addresses: one, ResolveInterval: time.Millisecond}, "ResolveInterval 1ms is below 1s"},
		"negative size":         {client.Config{Addresses: one, MaxReadBytes: -1}, "MaxReadBytes -1 is negative"},
		"many attempts":         {client.Config{Addresses: one, Retry: client.Retry{MaxAttempts: 11}}, "MaxAttempts 11 is not between"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.cfg.Validate()
			switch {
			case test.want == "" && err != nil:
				t.Errorf("unexpected error: %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
			if test.want != "" {
				if c, err := client.New(test.cfg); err == nil {
					_ = c.Close()
					t.Error("New accepted what Validate refuses")
				}
			}
		})
	}
}

func TestTextForms(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"connect", "grpc", "grpcweb"} {
		var p client.Protocol
		check(t, p.UnmarshalText([]byte(name)))
		if text, err := p.MarshalText(); err != nil || string(text) != name || p.String() != name {
			t.Errorf("protocol %q became %q, %v", name, text, err)
		}
	}
	for _, name := range []string{"proto", "json"} {
		var c client.Codec
		check(t, c.UnmarshalText([]byte(name)))
		if text, err := c.MarshalText(); err != nil || string(text) != name {
			t.Errorf("codec %q became %q, %v", name, text, err)
		}
	}
	for _, name := range []string{"2", "1.1"} {
		var v client.HTTPVersion
		check(t, v.UnmarshalText([]byte(name)))
		if text, err := v.MarshalText(); err != nil || string(text) != name {
			t.Errorf("HTTP version %q became %q, %v", name, text, err)
		}
	}
	var p client.Protocol
	if err := p.UnmarshalText([]byte("soap")); err == nil {
		t.Error("protocol soap was accepted")
	}
}

func TestMissingFilesAreNamed(t *testing.T) {
	t.Parallel()
	for _, settings := range []client.TLS{{CAFile: "/nonexistent/ca.pem"}, {CertFile: "/nonexistent/c.pem", KeyFile: "/nonexistent/k.pem"}} {
		_, err := client.New(client.Config{Addresses: []string{"https://a:1"}, TLS: settings})
		if err == nil || !strings.Contains(err.Error(), "/nonexistent/") {
			t.Errorf("error is %v, want one that names the file", err)
		}
	}
}
