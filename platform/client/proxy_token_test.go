package client_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"

	"github.com/parleyhq/parley/platform/client"
)

// TestThroughProxyWithTokens runs the second configuration of nginx in
// docs/load-balancing.md: TLS outside, and a service that is asked about each call.
func TestThroughProxyWithTokens(t *testing.T) {
	t.Parallel()
	nginx := needProgram(t, "nginx")
	authorizer := httptest.NewServer(http.HandlerFunc(authorize))
	t.Cleanup(authorizer.Close)
	a, b := startServer(t, serverOptions{}), startServer(t, serverOptions{})
	ca := newAuthority(t)
	ca.server(t)
	listen := closedPort(t)
	before, _, found := strings.Cut(testdata(t, "nginx.conf"), "    server {\n        listen")
	if !found {
		t.Fatal("nginx.conf has no server that listens")
	}
	text := strings.NewReplacer("@DIR@", ca.dir, "@LISTEN@", listen, "@A@", a.hostPort, "@B@", b.hostPort,
		"@AUTHORIZER@", authorizer.Listener.Addr().String()).Replace(before + testdata(t, "nginx-token.conf"))
	startProxy(t, nginx, []string{"-c"}, ca.dir, "nginx.conf", text, listen)

	dial := func(protocol client.Protocol, token string) *client.Client {
		config := client.Config{Addresses: []string{"https://" + listen}, Protocol: protocol, TLS: client.TLS{CAFile: ca.file("ca.pem")}}
		if token != "" {
			config.Token = client.StaticToken(token)
		}
		return newClient(t, config)
	}
	for _, protocol := range []client.Protocol{client.ProtocolConnect, client.ProtocolGRPC, client.ProtocolGRPCWeb} {
		good := dial(protocol, "all")
		check(t, echo(t.Context(), good, "hello"))
		testBidi(t, good, client.HTTP2)
		before := a.calls.Load() + b.calls.Load()
		for token, want := range map[string]connect.Code{"": connect.CodeUnauthenticated, "wrong": connect.CodeUnauthenticated, "none": connect.CodePermissionDenied} {
			if got := connect.CodeOf(echo(t.Context(), dial(protocol, token), "hello")); got != want {
				t.Errorf("%s with token %q: got %s, want %s", protocol, token, got, want)
			}
		}
		if a.calls.Load()+b.calls.Load() != before {
			t.Errorf("%s: a refused call reached a server", protocol)
		}
	}
	testBrowserQuestions(t, ca, "https://"+listen+"/parley.unary.v1.UnaryService/GetServerResponse")
}

// authorize knows the tokens all and none, which say what their bearer may call.
func authorize(w http.ResponseWriter, r *http.Request) {
	switch {
	case !strings.HasPrefix(r.Header.Get("X-Original-Uri"), "/parley."):
		w.WriteHeader(http.StatusInternalServerError)
	case r.Header.Get("Authorization") == "Bearer all":
		w.WriteHeader(http.StatusNoContent)
	case r.Header.Get("Authorization") == "Bearer none":
		w.WriteHeader(http.StatusForbidden)
	default:
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// testBrowserQuestions holds that the question a browser asks before a call passes
// without a token, and that a page may see that its call was refused.
func testBrowserQuestions(t *testing.T, ca *authority, url string) {
	t.Helper()
	web := &http.Client{Transport: &http.Transport{TLSClientConfig: ca.trust(), DisableKeepAlives: true}}
	for method, refused := range map[string]bool{http.MethodOptions: false, http.MethodPost: true} {
		req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
		check(t, err)
		res, err := web.Do(req)
		check(t, err)
		check(t, res.Body.Close())
		origin := res.Header.Get("Access-Control-Allow-Origin")
		if (res.StatusCode == http.StatusUnauthorized) != refused || (origin == "https://app.example.com") != refused {
			t.Errorf("%s: status %d, Access-Control-Allow-Origin %q", method, res.StatusCode, origin)
		}
	}
}
