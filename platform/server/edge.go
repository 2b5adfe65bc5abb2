package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	connectcors "connectrpc.com/cors"
	"github.com/rs/cors"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/interceptor"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// corsMaxAge is how long browsers may remember a preflight, in seconds: the
// longest that Chromium honours.
const corsMaxAge = 7200

// checkHost refuses requests whose Host names another server. Without identity
// it is all that keeps a web page from driving a developer's server by making
// its own name resolve to 127.0.0.1 (DNS rebinding). An address instead of a
// name cannot be rebound.
func checkHost(config Config, refused *refusals, next http.Handler) http.Handler {
	listenHost, _, _ := net.SplitHostPort(config.Listen)
	names := append([]string{"localhost", listenHost}, config.AllowedHost...)
	for i, name := range names {
		names[i] = strings.Trim(name, "[]")
	}
	anyAddress := !isLoopback(listenHost)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostOf(r)
		addr, err := netip.ParseAddr(host)
		isAddress := err == nil
		if isAddress && (anyAddress || addr.IsLoopback()) || slices.ContainsFunc(names, func(name string) bool {
			return strings.EqualFold(name, host)
		}) {
			next.ServeHTTP(w, r)
			return
		}
		refused.note(r.Context(), "host", host, "--allowed-host")
		forbid(w, r, fmt.Sprintf("this server does not answer for the host %q: start it with --allowed-host %s if it should", host, host))
	})
}

// hostOf returns the host that a request names, without port and brackets.
func hostOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	return strings.Trim(host, "[]")
}

// crossOrigin lets pages of the configured origins call the server (CORS) and
// refuses state-changing requests from pages of any other origin.
func crossOrigin(config Config, refused *refusals, next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	for _, origin := range config.CORSOrigin {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			continue // Validate has refused every origin that this refuses
		}
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		refused.note(r.Context(), "origin", origin, "--cors-origin")
		forbid(w, r, fmt.Sprintf("pages of %q may not call this server: start it with --cors-origin %s if they should", origin, origin))
	}))
	handler := protection.Handler(next)
	if len(config.CORSOrigin) > 0 {
		handler = allowOrigins(config.CORSOrigin, handler)
	}
	return refused.preflights(func(origin string) bool {
		return slices.ContainsFunc(config.CORSOrigin, func(allowed string) bool { return strings.EqualFold(allowed, origin) })
	}, handler)
}

func allowOrigins(origins []string, next http.Handler) http.Handler {
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: connectcors.AllowedMethods(),
		AllowedHeaders: append(connectcors.AllowedHeaders(), "Authorization", interceptor.RequestIDHeader),
		ExposedHeaders: append(connectcors.ExposedHeaders(), "Grpc-Status-Details-Bin", interceptor.RequestIDHeader),
		MaxAge:         corsMaxAge,
	}).Handler(next)
}

// forbid answers in the caller's protocol, and in plain text where it has none.
func forbid(w http.ResponseWriter, r *http.Request, text string) {
	writer := connecthttp.NewErrorWriter()
	if !writer.IsSupported(r) {
		http.Error(w, text, http.StatusForbidden)
		return
	}
	err := rpcerror.New(connect.CodePermissionDenied, errorv1.Reason_REASON_PERMISSION_DENIED, text)
	_ = writer.Write(w, r, err) // fails only where the caller is gone
}

// frontPage tells a person with a browser or curl where they are, and hands RPCs
// of unknown services to the chain.
func frontPage(info Info, unknown http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost && unknown != nil:
			unknown.ServeHTTP(w, r)
		case r.URL.Path == "/":
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			fmt.Fprintf(w, "%s %s\n\nEvery RPC is at /package.Service/Method, over gRPC, gRPC-Web and Connect.\n"+ //nolint:gosec // plain text
				"What there is: buf curl --list-methods %s\n", info.Name, info.Version, reflectionTarget(r))
		default:
			http.NotFound(w, r)
		}
	})
}

// reflectionTarget is the server as buf curl has to be told: reflection streams
// both ways and therefore needs HTTP/2, which http:// URLs do not imply.
func reflectionTarget(r *http.Request) string {
	if r.TLS != nil {
		return baseURL(r)
	}
	return "--http2-prior-knowledge " + baseURL(r)
}

// baseURL is the server as the caller named it.
func baseURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
