package server

import (
	"net/http"
	"net/netip"
)

// LocalOnly serves callers on this machine, and no web page: what stands behind
// it shows or does what only an operator may. Others get 403 with a line of text.
//
// A page can make its own name point to a loopback address, so the Host must be
// one too; and browsers say with each request where it comes from.
func LocalOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reason := notLocal(r); reason != "" {
			http.Error(w, reason, http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func notLocal(r *http.Request) string {
	if r.Header.Get("Origin") != "" || crossSite(r.Header.Get("Sec-Fetch-Site")) {
		return "web pages may not use this"
	}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !peer.Addr().Unmap().IsLoopback() {
		return "only the server's own machine may use this: ask there, by a loopback address"
	}
	if !isLoopback(hostOf(r)) {
		return "use a loopback address, such as 127.0.0.1"
	}
	return ""
}

// crossSite reports whether a page asks. An operator who types the address into a
// browser sends "none".
func crossSite(fetchSite string) bool {
	return fetchSite != "" && fetchSite != "none"
}
