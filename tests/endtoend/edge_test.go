package endtoend_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/tests/harness"
	"github.com/parleyhq/parley/tests/rawrpc"
)

// TestHost refuses requests for other hosts: what DNS rebinding sends.
func TestHost(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t, "--allowed-host", "parley.example.com", "--allowed-host", "192.0.2.7", "--allowed-host", "[2001:db8::7]")
	for _, wire := range harness.Wires() {
		t.Run(wire.String(), func(t *testing.T) {
			t.Parallel()
			server := pair.Server(wire)
			for host, allowed := range map[string]bool{
				"evil.com": false, "evil.com:8080": false, "127.0.0.1.evil.com": false, "10.0.0.1": false,
				"localhost": true, "LOCALHOST:1": true, "127.0.0.1": true, "[::1]:8080": true,
				"parley.example.com": true, "other.example.com": false,
				"192.0.2.7": true, "192.0.2.7:8080": true, "192.0.2.8": false, "[2001:db8::7]:8080": true, "[2001:db8::8]": false,
			} {
				for _, procedure := range []string{unaryProcedure, "/no.such.Service/Method", "/grpc.health.v1.Health/Check"} {
					answer, err := rawrpc.Do(server.HTTP(t, wire.HTTP), server.URL,
						rawrpc.Call{Wire: wire, Procedure: procedure, Host: host, Messages: [][]byte{text("a").in(wire.Codec)}})
					if err != nil {
						t.Errorf("host %s: %v", host, err)
						continue
					}
					if refused := answer.Reason() == "PERMISSION_DENIED"; refused == allowed {
						t.Errorf("host %s, %s: %v %q %q", host, procedure, answer.Code, answer.Reason(), answer.Text)
					}
				}
			}
		})
	}
}

const (
	friend   = "https://app.example.com"
	stranger = "https://evil.example.com"
)

// TestPreflight lets pages of the configured origin ask, and no others.
func TestPreflight(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, "--cors-origin", friend)
	for origin, allowed := range map[string]bool{friend: true, stranger: false, "null": false} {
		req, err := http.NewRequest(http.MethodOptions, server.URL+unaryProcedure, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		req.Header.Set("Access-Control-Request-Method", http.MethodPost)
		req.Header.Set("Access-Control-Request-Headers", "connect-protocol-version,content-type,x-request-id")
		res, err := server.HTTP(t, client.HTTP1).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("Access-Control-Allow-Origin"); (got == origin) != allowed || !allowed && got != "" {
			t.Errorf("origin %s: allowed origin %q", origin, got)
		}
		if allowed && (res.StatusCode/100 != 2 || !strings.Contains(res.Header.Get("Access-Control-Allow-Headers"), "connect-protocol-version")) {
			t.Errorf("origin %s: HTTP %d, %v", origin, res.StatusCode, res.Header)
		}
	}
}

// TestRefusalsAreLogged holds that the operator learns once which flag would let a page
// or a name in: browsers tell nobody but their user.
func TestRefusalsAreLogged(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{nil, {"--cors-origin", friend}} {
		server := harness.Start(t, flags...)
		ask := func(method string, header map[string]string) {
			req, err := http.NewRequest(method, server.URL+unaryProcedure, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			req.Host = header["Host"]
			req.Header.Set("Content-Type", "application/json")
			for name, value := range header {
				req.Header.Set(name, value)
			}
			res, err := server.HTTP(t, client.HTTP1).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
		}
		for range 2 {
			ask(http.MethodOptions, map[string]string{"Origin": stranger, "Access-Control-Request-Method": "POST"})
			ask(http.MethodPost, map[string]string{"Origin": stranger, "Sec-Fetch-Site": "cross-site"})
			ask(http.MethodPost, map[string]string{"Origin": "null"})
			ask(http.MethodPost, map[string]string{"Host": "evil.com:8080"})
		}
		if flags != nil { // allowed, and asks for a header that is not
			ask(http.MethodOptions, map[string]string{"Origin": friend, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-unknown"})
		}
		for i := range 100 { // no more than 64 are logged
			ask(http.MethodPost, map[string]string{"Origin": fmt.Sprintf("https://page%d.example.com", i)})
		}
		server.Stop(t)
		lines := server.Logged(func(line harness.Line) bool { return line.Text("msg") == "request refused" })
		var got []string
		for _, line := range lines[:min(3, len(lines))] {
			got = append(got, line.Text("origin")+line.Text("host")+": "+line.Text("hint"))
		}
		if want := []string{
			stranger + ": start with --cors-origin " + stranger + " if it may call this server",
			"null: open the page over HTTP: as a file it has no origin that could be allowed",
			"evil.com: start with --allowed-host evil.com if it may call this server",
		}; !slices.Equal(got, want) || len(lines) != 64 {
			t.Errorf("%q: %d lines, first %q", flags, len(lines), got)
		}
	}
}

// TestOrigins checks calls as browsers send them, on every wire.
func TestOrigins(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t, "--cors-origin", friend)
	for _, wire := range harness.Wires() {
		t.Run(wire.String(), func(t *testing.T) {
			t.Parallel()
			server := pair.Server(wire)
			for _, test := range []struct {
				name, origin, site string
				allowed            bool
			}{
				{"trusted page", friend, "cross-site", true},
				{"other page", stranger, "cross-site", false},
				{"other page, old browser", stranger, "", false},
				{"own page", server.URL, "same-origin", true},
				{"no browser", "", "", true},
			} {
				call := rawrpc.Call{Wire: wire, Procedure: unaryProcedure, Header: map[string]string{}, Messages: [][]byte{text("a").in(wire.Codec)}}
				if test.origin != "" {
					call.Header["Origin"] = test.origin
				}
				if test.site != "" {
					call.Header["Sec-Fetch-Site"] = test.site
				}
				answer, err := rawrpc.Do(server.HTTP(t, wire.HTTP), server.URL, call)
				if err != nil {
					t.Errorf("%s: %v", test.name, err)
					continue
				}
				if (answer.Code == 0) != test.allowed || !test.allowed && answer.Reason() != "PERMISSION_DENIED" {
					t.Errorf("%s: %v %q %q", test.name, answer.Code, answer.Reason(), answer.Text)
				}
				if !test.allowed && wire.Protocol == client.ProtocolConnect && answer.HTTPStatus != http.StatusForbidden {
					t.Errorf("%s: HTTP %d, want 403", test.name, answer.HTTPStatus)
				}
				exposed := strings.ToLower(answer.Header.Get("Access-Control-Expose-Headers"))
				if test.origin == friend && (!strings.Contains(exposed, "grpc-status-details-bin") || !strings.Contains(exposed, "x-request-id")) {
					t.Errorf("%s: exposed headers %q", test.name, exposed)
				}
			}
		})
	}
}
