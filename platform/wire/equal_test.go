package wire_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"

	"github.com/parleyhq/parley/platform/wire"
)

// answer is everything a client can observe of a response.
type answer struct {
	Status  int
	Length  int64
	Header  http.Header
	Body    []byte
	Trailer http.Header
}

func post(t *testing.T, server testServer, procedure, contentType string, body []byte) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.url+procedure, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("TE", "trailers")
	res, err := server.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("read response: %v", err)
	}
	res.Header.Del("Date")
	return answer{res.StatusCode, res.ContentLength, res.Header, content, res.Trailer}
}

// encode returns messages as the content type carries them. Both services use
// the same field number for the text.
func encode(t *testing.T, contentType string, texts ...string) []byte {
	t.Helper()
	var out []byte
	for _, text := range texts {
		message := &unaryv1.GetServerResponseRequest{Message: text}
		payload, err := proto.Marshal(message)
		if strings.HasSuffix(contentType, "json") {
			payload, err = json.Marshal(map[string]string{"message": text})
		}
		if err != nil {
			t.Fatal(err)
		}
		if isEnveloped(contentType) {
			out = binary.BigEndian.AppendUint32(append(out, 0), uint32(len(payload)))
		}
		out = append(out, payload...)
	}
	return out
}

func isEnveloped(contentType string) bool {
	return strings.Contains(contentType, "grpc") || strings.Contains(contentType, "connect+")
}

// TestStreamsChangesNothingForThePeer sends the same requests with and without
// the middleware and compares status, headers, bytes and trailers.
func TestStreamsChangesNothingForThePeer(t *testing.T) {
	t.Parallel()
	streamed := []string{
		"application/grpc", "application/grpc+json", "application/grpc-web+proto",
		"application/grpc-web+json", "application/connect+proto", "application/connect+json",
	}
	many := strings.Split(strings.Repeat("message,", 300)+"last", ",")
	big := strings.Repeat("b", 200<<10)
	cases := []struct {
		name, procedure string
		contentTypes    []string
		texts           []string
	}{
		{"unary", unaryProcedure, append(streamed[:4:4], "application/proto", "application/json"), []string{"hello"}},
		{"unary large", unaryProcedure, append(streamed[:4:4], "application/proto"), []string{big}},
		{"unary error", unaryProcedure, append(streamed[:4:4], "application/proto", "application/json"), []string{failWith}},
		{"unary unsupported type", unaryProcedure, []string{"application/grpc+xml", "application/connect+xml"}, []string{"hello"}},
		{"unknown method", "/parley.unary.v1.UnaryService/Nope", streamed, []string{"hello"}},
		{"bidi empty", bidiProcedure, streamed, nil},
		{"bidi one", bidiProcedure, streamed, []string{"hello"}},
		{"bidi three", bidiProcedure, streamed, []string{"a", "b", "c"}},
		{"bidi many", bidiProcedure, streamed, many},
		{"bidi large among small", bidiProcedure, streamed, []string{"a", "b", "c", big, "d", big, big, "e"}},
		{"bidi error at once", bidiProcedure, streamed, []string{failWith}},
		{"bidi error later", bidiProcedure, streamed, append(many[:200:200], failWith)},
		{"server stream", streamProcedure, streamed, []string{strings.Repeat("s", 500)}},
		{"server stream none", streamProcedure, streamed, []string{""}},
	}
	for _, kind := range []transport{http1, h2c, h2tls} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			plain := serve(t, kind, rpcs(bidiEcho{}))
			wired := serve(t, kind, wire.Streams(rpcs(bidiEcho{})))
			for _, test := range cases {
				for _, contentType := range test.contentTypes {
					t.Run(test.name+" "+contentType, func(t *testing.T) {
						t.Parallel()
						body := encode(t, contentType, test.texts...)
						want := post(t, plain, test.procedure, contentType, body)
						got := post(t, wired, test.procedure, contentType, body)
						if fmt.Sprint(got) != fmt.Sprint(want) {
							t.Errorf("with the middleware:\n%.400v\nwithout:\n%.400v", got, want)
						}
					})
				}
			}
		})
	}
}
