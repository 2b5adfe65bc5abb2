package server

import (
	"fmt"
	"mime"
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
	"github.com/parleyhq/parley/platform/grpcwebtext"
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
func checkHost(config Config, next http.Handler) http.Handler {
	listenHost, _, _ := net.SplitHostPort(config.Listen)
	names := append([]string{"localhost", listenHost}, config.AllowedHost...)
	anyAddress := !isLoopback(listenHost)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostOf(r)
		addr, err := netip.ParseAddr(host)
		isAddress := err == nil
		if isAddress && (anyAddress || addr.IsLoopback()) || !isAddress && slices.ContainsFunc(names, func(name string) bool {
			return strings.EqualFold(name, host)
		}) {
			next.ServeHTTP(w, r)
			return
		}
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
func crossOrigin(config Config, next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	for _, origin := range config.CORSOrigin {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			continue // Validate has refused every origin that this refuses
		}
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		forbid(w, r, fmt.Sprintf("pages of %q may not call this server: start it with --cors-origin %s if they should", origin, origin))
	}))
	handler := protection.Handler(next)
	if len(config.CORSOrigin) == 0 {
		return handler
	}
	return cors.New(cors.Options{
		AllowedOrigins: config.CORSOrigin,
		AllowedMethods: connectcors.AllowedMethods(),
		AllowedHeaders: append(connectcors.AllowedHeaders(), "Authorization", interceptor.RequestIDHeader),
		ExposedHeaders: append(connectcors.ExposedHeaders(), "Grpc-Status-Details-Bin", interceptor.RequestIDHeader),
		MaxAge:         corsMaxAge,
	}).Handler(handler)
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

// contentTypes are the content types of the three protocols and two codecs.
// gRPC-Web's text mode has become one of them before the routes see it.
var contentTypes = []string{ //nolint:gochecknoglobals // a constant list
	"application/json", "application/proto",
	"application/connect+json", "application/connect+proto",
	"application/grpc", "application/grpc+json", "application/grpc+proto",
	"application/grpc-web", "application/grpc-web+json", "application/grpc-web+proto",
}

// checkContentType says what is accepted where the transport would answer 415
// (RFC 9110 section 15.5.16) with nothing else. The answer is plain text: the
// caller's protocol is not known, and clients of all three derive their error
// from the status.
func checkContentType(next http.Handler) http.Handler {
	accepted := strings.Join(slices.Concat(contentTypes, grpcwebtext.ContentTypes()), ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Get("Content-Type")
		if r.Method != http.MethodPost || slices.Contains(contentTypes, given) || accepts(given) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Accept-Post", accepted)
		http.Error(w, fmt.Sprintf("content type %q is not supported: use one of %s", given, accepted),
			http.StatusUnsupportedMediaType)
	})
}

// accepts reads a content type in full: upper case, parameters.
func accepts(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && slices.Contains(contentTypes, mediaType)
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
		return "https://" + r.Host
	}
	return "--http2-prior-knowledge http://" + r.Host
}
