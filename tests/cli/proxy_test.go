package cli_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestRefusedByProxy holds that who is refused by a proxy, which knows nothing of
// Parley's errors, learns what to do about it.
func TestRefusedByProxy(t *testing.T) {
	t.Parallel()
	for status, want := range map[int][]string{
		http.StatusUnauthorized: {"unauthenticated: ", "Give a valid token with --token or PARLEY_TOKEN", "parley context add --help"},
		http.StatusForbidden:    {"permission_denied: ", "no answer of a Parley server", "another token"},
	} {
		proxy := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "no", status)
		}))
		proxy.Config.Protocols = new(http.Protocols)
		proxy.Config.Protocols.SetUnencryptedHTTP2(true)
		proxy.Start()
		defer proxy.Close()
		parley(t, "topic", "list", "--server", proxy.URL).says(t, http.StatusText(status), 1, want...)
	}
}
