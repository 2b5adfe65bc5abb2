package server

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
)

const (
	// maxRefusals bounds how many hosts and origins are logged, and remembered: callers
	// make them up as they like.
	maxRefusals    = 64
	maxRefusedName = 256 // bytes
)

// refusals logs the hosts and origins that the edge refuses, each once. Such a request
// has no call that the access log could show, and a browser tells a page's script
// nothing but that it failed.
type refusals struct {
	log *slog.Logger

	mu   sync.Mutex
	seen map[string]struct{}
}

func newRefusals(log *slog.Logger) *refusals {
	return &refusals{log: log, seen: make(map[string]struct{})}
}

// note logs that what, such as a host, is refused, and the flag that would allow it.
func (r *refusals) note(ctx context.Context, what, name, flag string) {
	if name == "" || len(name) > maxRefusedName {
		return // nobody's
	}
	key := what + " " + name
	r.mu.Lock()
	_, known := r.seen[key]
	room := len(r.seen) < maxRefusals
	if room {
		r.seen[key] = struct{}{}
	}
	r.mu.Unlock()
	if known || !room {
		return
	}
	hint := "start with " + flag + " " + name + " if it may call this server"
	if name == "null" { // what browsers say of a file or a sandboxed frame
		hint = "open the page over HTTP: as a file it has no origin that could be allowed"
	}
	r.log.WarnContext(ctx, "request refused", slog.String(what, name), slog.String("hint", hint))
}

// preflights notes the origins whose preflight gets an answer that browsers take for a
// refusal (Fetch, CORS-preflight fetch). An origin that is allowed may ask for a
// header that is not: that is no matter of flags.
func (r *refusals) preflights(allowed func(origin string) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		next.ServeHTTP(w, req)
		if req.Method != http.MethodOptions || req.Header.Get("Access-Control-Request-Method") == "" {
			return
		}
		if origin := req.Header.Get("Origin"); w.Header().Get("Access-Control-Allow-Origin") == "" && !allowed(origin) {
			r.note(req.Context(), "origin", origin, "--cors-origin")
		}
	})
}
