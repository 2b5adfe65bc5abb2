package server

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"connectrpc.com/connect/v2"

	"github.com/parleyhq/parley/platform/grpcwebtext"
)

// contentTypes returns the content types of the three protocols and two codecs
// that can carry a method; without a method, all of them. gRPC-Web's text mode has
// become one of them before the routes see it.
func contentTypes(method *connect.Spec) []string {
	var types []string
	if method == nil || method.StreamType == connect.StreamTypeUnary {
		types = append(types, "application/json", "application/proto")
	}
	if method == nil || method.StreamType != connect.StreamTypeUnary {
		types = append(types, "application/connect+json", "application/connect+proto")
	}
	return append(types, "application/grpc", "application/grpc+json", "application/grpc+proto",
		"application/grpc-web", "application/grpc-web+json", "application/grpc-web+proto")
}

// checkContentType says what to do where the transport would answer 415 (RFC 9110
// section 15.5.16) or 405 with nothing else. The answer is plain text: the
// caller's protocol is not known, and clients of all three derive their error from
// the status. The method is nil for the handler of unknown ones.
func checkContentType(method *connect.Spec, next http.Handler) http.Handler {
	types := contentTypes(method)
	accepted := strings.Join(slices.Concat(types, grpcwebtext.ContentTypes()), ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Get("Content-Type")
		switch {
		case r.Method == http.MethodGet && r.URL.RawQuery == "" && method != nil:
			explainMethod(w, r, method)
		case r.Method != http.MethodPost || slices.Contains(types, given) || isOneOf(types, given):
			next.ServeHTTP(w, r)
		default:
			text := fmt.Sprintf("content type %q is not supported: use one of %s", given, accepted)
			if method != nil && isOneOf(contentTypes(nil), given) {
				text = fmt.Sprintf("content type %q cannot carry %s: use one of %s\n%s", given, method.Procedure, accepted, howToCall(r, method))
			}
			w.Header().Set("Accept-Post", accepted)
			http.Error(w, text, http.StatusUnsupportedMediaType)
		}
	})
}

// isOneOf reads a content type in full: upper case, parameters.
func isOneOf(types []string, contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && slices.Contains(types, mediaType)
}

// explainMethod answers a GET that carries no request, as of a person who opens
// the method's address in a browser. The status is the transport's.
func explainMethod(w http.ResponseWriter, r *http.Request, method *connect.Spec) {
	status := http.StatusUnsupportedMediaType
	if method.IdempotencyLevel != connect.IdempotencyNoSideEffects {
		status = http.StatusMethodNotAllowed
		w.Header().Set("Allow", http.MethodPost)
	}
	http.Error(w, "this is the address of an RPC\n"+howToCall(r, method), status)
}

// howToCall is a line to paste into a shell.
func howToCall(r *http.Request, method *connect.Spec) string {
	if method.StreamType == connect.StreamTypeUnary {
		return fmt.Sprintf("try: curl %s%s --json '{}'", baseURL(r), method.Procedure)
	}
	return fmt.Sprintf("it is a stream; try: buf curl -d '{}' %s%s", reflectionTarget(r), method.Procedure)
}
