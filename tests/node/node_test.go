package node_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// TestConnect runs Connect's clients.
func TestConnect(t *testing.T) {
	t.Parallel()
	dir := project(t, "tests", "node")
	server := harness.Start(t)
	runTests(t, dir, "dist/connect.test.js", "PARLEY_TEST_URL="+server.URL)
	for _, client := range []string{
		"connect-node-connect-h2c", "connect-node-connect-json-h2c",
		"connect-node-grpc-h2c", "connect-node-grpc-json-h2c", "connect-node-grpc-web-h2c",
	} {
		checkEndings(t, server, client)
	}
}

// TestGRPCJS runs gRPC's own client for Node.
func TestGRPCJS(t *testing.T) {
	t.Parallel()
	dir := project(t, "tests", "node")
	server := harness.Start(t)
	runTests(t, dir, "dist/grpcjs.test.js", "PARLEY_TEST_URL="+server.URL)
	checkEndings(t, server, "grpc-js")
}

// checkEndings checks that the server's side of a call ended too that the client
// cancelled, and of one whose deadline passed. Node half-closes a stream before
// it resets it, so the server may also see a conversation that ended well.
func checkEndings(t *testing.T, server *harness.Server, client string) {
	t.Helper()
	if t.Failed() {
		return // the calls may never have been made
	}
	codes := []string{"canceled", "deadline_exceeded", "ok"}
	for _, ending := range []string{"cancel", "deadline"} {
		if code := server.WaitForCall(t, ending+"-"+client).Text("code"); !slices.Contains(codes, code) {
			t.Errorf("%s: the server logged the %s as %q, want one of %q", client, ending, code, codes)
		}
	}
}

// TestBrowser drives a Chromium: the page of examples/browser and Google's
// gRPC-Web client, from an origin that may call the server and from one that may
// not.
func TestBrowser(t *testing.T) {
	t.Parallel()
	chromium := harness.Tool(t, "chromium")
	tests := project(t, "tests", "node")
	allowed, refused := servePages(t)
	server := harness.Start(t, "--cors-origin", allowed)
	runTests(t, tests, "dist/browser.test.js",
		"PARLEY_TEST_URL="+server.URL,
		"PARLEY_TEST_ALLOWED_ORIGIN="+allowed,
		"PARLEY_TEST_REFUSED_ORIGIN="+refused,
		"PARLEY_TEST_CHROMIUM="+chromium,
		"SCREENSHOT="+os.Getenv("PARLEY_TEST_SCREENSHOT"),
	)
}

// servePages serves the pages of examples/browser and of this folder from two
// origins and returns both.
func servePages(t *testing.T) (allowed, refused string) {
	t.Helper()
	example := filepath.Join(project(t, "examples", "browser"), "dist")
	own := filepath.Join(project(t, "tests", "node"), "dist", "page")
	pages := http.NewServeMux()
	pages.Handle("/example/", http.StripPrefix("/example/", http.FileServer(http.Dir(example))))
	pages.Handle("/grpcweb/", http.StripPrefix("/grpcweb/", http.FileServer(http.Dir(own))))
	origins := make([]string, 2)
	for i := range origins {
		server := httptest.NewServer(pages)
		t.Cleanup(server.Close)
		origins[i] = server.URL
	}
	return origins[0], origins[1]
}
