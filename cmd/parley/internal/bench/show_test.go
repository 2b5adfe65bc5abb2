package bench

import "testing"

func TestLatency(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64]string{
		0:            "-",
		0.000_000_9:  "1µs",
		0.000_123:    "123µs",
		0.001_234_56: "1.23ms",
		0.056_789:    "56.8ms",
		0.987_65:     "988ms",
		12.345_678:   "12.3s",
	} {
		if got := latency(seconds); got != want {
			t.Errorf("%v s: %s, want %s", seconds, got, want)
		}
	}
}

func TestOnThisMachine(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]bool{
		"http://127.0.0.1:8080":  true,
		"https://localhost:8443": true,
		"[::1]:8080":             true,
		"http://LOCALHOST":       true,
		"http://192.0.2.1:8080":  false, // reserved for documentation
		"https://example.com":    false,
	} {
		if got := onThisMachine(server); got != want {
			t.Errorf("%s: %v, want %v", server, got, want)
		}
	}
}
