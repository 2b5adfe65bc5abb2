package server

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
)

const (
	compression    = "gzip" // the only one that the transport has
	noCompression  = "identity"
	versionHeader  = "Connect-Protocol-Version"
	connectVersion = "1"
)

// checkProtocol refuses calls whose timeout cannot be read, whose compression the server
// does not have, or whose version of the Connect protocol is another one, and Connect's
// calls by GET that lack a part. The transport refuses the same ones, before any
// interceptor, and so without the reason that every error has. The method is nil for the
// handler of unknown ones.
func checkProtocol(method *connect.Spec, next http.Handler) http.Handler {
	writer := connecthttp.NewErrorWriter()
	takesGet := method != nil && method.IdempotencyLevel == connect.IdempotencyNoSideEffects
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var query url.Values // of a call by GET
		switch {
		case r.Method == http.MethodGet && takesGet:
			query = r.URL.Query()
		case r.Method != http.MethodPost:
			next.ServeHTTP(w, r)
			return
		}
		contentType := first(r.Header, "Content-Type")
		grpc := strings.HasPrefix(contentType, "application/grpc") // gRPC-Web too
		code, text := connect.CodeInvalidArgument, timeoutProblem(r.Header, grpc)
		switch {
		case text != "":
		case query != nil:
			text = queryProblem(query)
		case !grpc:
			text = versionProblem(r.Header)
		}
		if text == "" {
			code, text = connect.CodeUnimplemented, compressionProblem(w, r.Header, query, contentType)
		}
		if text == "" {
			next.ServeHTTP(w, r)
			return
		}
		if first(r.Header, versionHeader) != "" { // the writer does not know what to answer to another one
			r = r.Clone(r.Context())
			r.Header.Del(versionHeader)
		}
		_ = writer.Write(w, r, rpcerror.New(code, errorv1.Reason_REASON_PROTOCOL_ERROR, text)) // fails only where the caller is gone
	})
}

// first is header.Get for a name in its canonical form: each call looks at several.
func first(header http.Header, name string) string {
	if values := header[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// versionProblem says which version of the Connect protocol a call asks for in vain.
func versionProblem(header http.Header) string {
	version := first(header, versionHeader)
	if version == "" || version == connectVersion {
		return ""
	}
	return fmt.Sprintf("%s %.32q is not %s", versionHeader, version, connectVersion)
}

// queryProblem says what is wrong with a call by GET.
func queryProblem(query url.Values) string {
	if version := query.Get("connect"); version != "" && version != "v"+connectVersion {
		return fmt.Sprintf("connect=%.32q in the query is not v%s", version, connectVersion)
	}
	for _, part := range []string{"encoding", "message"} {
		if !query.Has(part) {
			return fmt.Sprintf("the query has no %q: a call by GET needs encoding=json and message={...}, escaped for a URL", part)
		}
	}
	return ""
}

// compressionProblem says which compression of a call the server does not have. Then it
// sets the header that names those it has, as the protocols demand (gRPC compression.md;
// Connect protocol, Unary-Request and Streaming-Request).
func compressionProblem(w http.ResponseWriter, header http.Header, query url.Values, contentType string) string {
	sent, accepted := "Content-Encoding", "Accept-Encoding"
	switch {
	case strings.HasPrefix(contentType, "application/grpc"):
		sent, accepted = "Grpc-Encoding", "Grpc-Accept-Encoding"
	case strings.HasPrefix(contentType, "application/connect+"):
		sent, accepted = "Connect-Content-Encoding", "Connect-Accept-Encoding"
	}
	name := first(header, sent)
	if query != nil {
		name = query.Get("compression")
	}
	if name == "" || name == noCompression || name == compression {
		return ""
	}
	w.Header().Set(accepted, compression)
	return fmt.Sprintf("unknown compression %.32q: this server has %s", name, compression)
}
