package outcome

import "testing"

func TestShellWord(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"orders":              "orders",
		"cursor=M3X5ZQ:42":    "cursor=M3X5ZQ:42",
		"http://[::1]:8080":   "'http://[::1]:8080'",
		"/data/my folder":     "'/data/my folder'",
		"a b":                 "'a b'",
		"":                    "''",
		"it's":                `'it'\''s'`,
		"$(reboot)":           "'$(reboot)'",
		"https://a.test:8080": "https://a.test:8080",
	} {
		if got := shellWord(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
