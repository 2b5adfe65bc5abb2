package wire

import "testing"

func TestIsFramed(t *testing.T) {
	t.Parallel()
	for begin, want := range map[string]bool{
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": true,
		"\x16\x03\x01\x02\x00":             true,
		"POST / HTTP/1.1\r\n":              false,
		"PROPFIND / HTTP/1.1\r\n":          false,
		"GET / HTTP/1.1\r\n":               false,
		"P":                                false,
	} {
		if got := isFramed([]byte(begin)); got != want {
			t.Errorf("isFramed(%q) = %t, want %t", begin, got, want)
		}
	}
}
