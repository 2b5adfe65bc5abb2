package node_test

import (
	"os"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// TestMessaging publishes and subscribes with the clients of other makers.
func TestMessaging(t *testing.T) {
	t.Parallel()
	dir := project(t, "tests", "node")
	server := harness.Start(t)
	runTests(t, dir, "dist/messaging.test.js", "PARLEY_TEST_URL="+server.URL)
	// Whoever leaves a subscription ends it on the server too.
	harness.Eventually(t, "no subscription is left", func() bool {
		return server.Metric(t, "parley_messaging_subscriptions") == 0
	})
}

// TestClient runs the tests that clients/ts brings, of timings and endings that
// the real server does not produce on demand.
func TestClient(t *testing.T) {
	t.Parallel()
	dir := project(t, "clients", "ts")
	for _, file := range []string{"subscribe", "publish"} {
		runTests(t, dir, "dist/clients/ts/test/"+file+".test.js")
	}
}

// TestResume takes the server away from under the subscriber of clients/ts.
func TestResume(t *testing.T) {
	t.Parallel()
	dir := project(t, "tests", "node")
	startMortal(t).runTests(t, dir, "dist/resume.test.js")
}

// TestFeed drives the live feed of examples/browser in a Chromium, and takes away
// its server, its network and its tab.
func TestFeed(t *testing.T) {
	t.Parallel()
	chromium := harness.Tool(t, "chromium")
	tests := project(t, "tests", "node")
	allowed, refused := servePages(t)
	server := startMortal(t, "--cors-origin", allowed)
	server.runTests(t, tests, "dist/feed.test.js",
		"PARLEY_TEST_ALLOWED_ORIGIN="+allowed,
		"PARLEY_TEST_REFUSED_ORIGIN="+refused,
		"PARLEY_TEST_CHROMIUM="+chromium,
		"SCREENSHOT="+os.Getenv("PARLEY_TEST_FEED_SCREENSHOT"),
	)
}
