package grpcwebtext

import (
	"net/http"
	"strings"
)

const (
	binaryPrefix = "application/grpc-web"
	textPrefix   = "application/grpc-web-text"
)

// ContentTypes returns the content types [Handler] accepts on behalf of a
// handler that serves binary gRPC-Web with the same codecs.
func ContentTypes() []string {
	return []string{textPrefix, textPrefix + "+json", textPrefix + "+proto"}
}

// Handler returns a handler that lets next, which serves binary gRPC-Web, serve
// text mode too.
//
// A request whose content type is one of text mode reaches next with the
// corresponding binary type and a decoded body. Reading a body that is not
// base64 fails with a [connect.Error] of code INVALID_ARGUMENT that wraps
// [ErrNotBase64]; what stood before the fault is delivered first.
//
// The response is encoded if the request was text, or if it accepts text only,
// and if next answers with a gRPC-Web content type: errors of plain HTTP pass
// unchanged. The response writer supports http.Flusher and what
// http.ResponseController offers, hijacking excepted.
//
// All other requests reach next untouched. The handler is safe for concurrent
// use. It keeps nothing in memory but one small block per direction and call.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		binary, isText := replacePrefix(r.Header.Get("Content-Type"), textPrefix, binaryPrefix)
		_, acceptsText := replacePrefix(r.Header.Get("Accept"), textPrefix, binaryPrefix)
		if !isText && !acceptsText {
			next.ServeHTTP(w, r)
			return
		}
		if isText {
			r = decoded(r, binary)
		}
		writer := newWriter(w)
		next.ServeHTTP(writer, r)
		writer.finish()
	})
}

// decoded returns the request as a client of binary gRPC-Web would have sent it.
func decoded(r *http.Request, contentType string) *http.Request {
	r = r.WithContext(r.Context()) // a copy: the original belongs to the caller
	r.Header = r.Header.Clone()
	r.Header.Set("Content-Type", contentType)
	r.Header.Del("Content-Length")
	r.ContentLength = -1
	r.Body = newReader(r.Body)
	return r
}

// replacePrefix replaces the start of a content type, up to its codec or
// parameters, and reports whether it had that start.
func replacePrefix(contentType, from, to string) (string, bool) {
	if len(contentType) < len(from) || !strings.EqualFold(contentType[:len(from)], from) {
		return contentType, false
	}
	rest := contentType[len(from):]
	if rest != "" && !strings.ContainsRune("+;, ", rune(rest[0])) {
		return contentType, false
	}
	return to + rest, true
}
