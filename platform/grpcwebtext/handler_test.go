package grpcwebtext_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/platform/grpcwebtext"
	"github.com/parleyhq/parley/platform/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	textType  = "application/grpc-web-text"
	procedure = "/test.v1.TestService/Count"
)

// countRPC answers its request once for each byte of the text, and fails where
// the text says so.
func countRPC(_ context.Context, _ connect.Spec, stream connect.ServerStream) error {
	var req unaryv1.GetServerResponseRequest
	if err := stream.Receive(&req); err != nil {
		return err
	}
	text, fails := strings.CutSuffix(req.GetMessage(), "fail")
	for i := range len(text) {
		if err := stream.Send(&unaryv1.GetServerResponseResponse{Message: text[:i+1]}); err != nil {
			return err
		}
	}
	if fails {
		return connect.NewError(connect.CodeAborted, "asked to fail: ‘"+text+"’")
	}
	return nil
}

// serve places the middleware as the server does.
func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(wire.Streams(grpcwebtext.Handler(handler)))
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		server.Close()
	})
	return server.URL
}

func serveRPC(t *testing.T) string {
	t.Helper()
	rpcs := connect.NewServer()
	rpcs.Register(connect.Method{
		Spec:    connect.Spec{StreamType: connect.StreamTypeServer, Procedure: procedure},
		Handler: countRPC,
	})
	mux := http.NewServeMux()
	connecthttp.Mount(mux, rpcs)
	return serve(t, mux)
}

// response is an answer whose body is closed when the test ends.
type response struct {
	header http.Header
	body   io.Reader
}

func post(t *testing.T, url string, header map[string]string, body string) response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return response{res.Header, res.Body}
}

func content(t *testing.T, res response) string {
	t.Helper()
	body, err := io.ReadAll(res.body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// message returns a text as one gRPC-Web message.
func message(t *testing.T, text string) string {
	t.Helper()
	payload, err := proto.Marshal(&unaryv1.GetServerResponseRequest{Message: text})
	if err != nil {
		t.Fatal(err)
	}
	return string(append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(payload))), payload...))
}

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

var paddedTexts = regexp.MustCompile(`[^=]+=*`)

// decode decodes a sequence of padded texts, by other means than the package.
func decode(t *testing.T, body string) string {
	t.Helper()
	var decoded strings.Builder
	for _, text := range paddedTexts.FindAllString(body, -1) {
		part, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatalf("%q is not a sequence of base64 texts: %v", body, err)
		}
		decoded.Write(part)
	}
	return decoded.String()
}

// TestSameAsBinary compares text with binary mode: what it means is the same,
// trailers and errors included.
func TestSameAsBinary(t *testing.T) {
	t.Parallel()
	url := serveRPC(t) + procedure
	for _, text := range []string{"a", "abcdefghi", strings.Repeat("x", 300), "fail", "abcfail"} {
		for _, suffix := range []string{"", "+proto"} {
			t.Run(fmt.Sprintf("%.10s%s", text, suffix), func(t *testing.T) {
				t.Parallel()
				body := message(t, text)
				want := post(t, url, map[string]string{"Content-Type": "application/grpc-web" + suffix}, body)
				split := encode(body[:4]) + encode(body[4:])
				got := post(t, url, map[string]string{"Content-Type": textType + suffix, "Accept": textType}, split)
				if contentType := got.header.Get("Content-Type"); contentType != textType+suffix {
					t.Errorf("content type %q", contentType)
				}
				if got, want := decode(t, content(t, got)), content(t, want); got != want {
					t.Errorf("got  %.200q\nwant %.200q", got, want)
				}
				for _, answer := range []response{got, want} {
					answer.header.Del("Content-Type")
					answer.header.Del("Content-Length")
					answer.header.Del("Date")
				}
				if !reflect.DeepEqual(got.header, want.header) {
					t.Errorf("headers %v, want %v", got.header, want.header)
				}
			})
		}
	}
}

// TestNotBase64 checks what a client with a broken body is told.
func TestNotBase64(t *testing.T) {
	t.Parallel()
	url := serveRPC(t) + procedure
	whole := encode(message(t, "hello"))
	for name, body := range map[string]string{
		"binary body": message(t, "hello"),
		"cut short":   whole[:len(whole)-3],
		"line ends":   whole[:8] + "\r\n" + whole[8:],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := post(t, url, map[string]string{"Content-Type": textType}, body)
			answer := decode(t, content(t, res)) + "grpc-status: " + res.header.Get("Grpc-Status") + res.header.Get("Grpc-Message")
			if !strings.Contains(answer, "grpc-status: 3") || !strings.Contains(answer, "base64") {
				t.Errorf("got %q, want status 3 and base64 named", answer)
			}
		})
	}
}

// TestEachFlushIsDelivered reads each part of a response before the next one is
// written. Their lengths cover all three paddings.
func TestEachFlushIsDelivered(t *testing.T) {
	t.Parallel()
	parts := []string{"a", "bc", "def", "ghij", strings.Repeat("k", 5000)}
	next := make(chan struct{})
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/grpc-web+proto")
		for _, part := range parts {
			_, _ = io.WriteString(w, part[:1])
			_, _ = io.WriteString(w, part[1:])
			w.(http.Flusher).Flush()
			<-next
		}
		_, _ = io.WriteString(w, "end") // without a flush
	}))
	res := post(t, url, map[string]string{"Content-Type": textType + "+proto"}, "")
	for _, part := range parts {
		want := encode(part)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(res.body, got); err != nil || string(got) != want {
			t.Fatalf("got %.40q, %v, want %.40q before the next part is written", got, err, want)
		}
		next <- struct{}{}
	}
	if got := content(t, res); got != encode("end") {
		t.Errorf("got %q after the last flush", got)
	}
}

// TestWhatIsEncoded checks which requests and responses are translated.
func TestWhatIsEncoded(t *testing.T) {
	t.Parallel()
	const web, json = "application/grpc-web+proto", "application/json"
	for name, test := range map[string]struct {
		contentType, accept, answerType string // sent, and what the handler answers with
		sees, seesBody, wantType, want  string
	}{
		"text":             {textType + "+proto", "", web, web, "abc", textType + "+proto", "YW5zd2Vy"},
		"text, any case":   {"Application/gRPC-Web-Text", "", web, "application/grpc-web", "abc", textType + "+proto", "YW5zd2Vy"},
		"parameters":       {textType + "; charset=utf-8", "", web, "application/grpc-web; charset=utf-8", "abc", textType + "+proto", "YW5zd2Vy"},
		"only the answer":  {web, textType, web, web, "YWJj", textType + "+proto", "YW5zd2Vy"},
		"an HTTP error":    {textType, "", json, "application/grpc-web", "abc", json, "answer"},
		"binary":           {web, "", web, web, "YWJj", web, "answer"},
		"another protocol": {json, json, json, json, "YWJj", json, "answer"},
		"another type":     {textType + "ual", "", web, textType + "ual", "YWJj", web, "answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan [2]string, 1)
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				seen <- [2]string{r.Header.Get("Content-Type"), string(body)}
				w.Header().Set("Content-Type", test.answerType)
				w.Header().Set("Content-Length", "6")
				_, _ = io.WriteString(w, "answer")
			}))
			res := post(t, url, map[string]string{"Content-Type": test.contentType, "Accept": test.accept}, "YWJj")
			if got := content(t, res); got != test.want {
				t.Errorf("the client got %q, want %q", got, test.want)
			}
			if got := res.header.Get("Content-Type"); got != test.wantType {
				t.Errorf("the client got the type %q, want %q", got, test.wantType)
			}
			if got := <-seen; got != [2]string{test.sees, test.seesBody} {
				t.Errorf("the handler got %q, want %q and %q", got, test.sees, test.seesBody)
			}
		})
	}
}

// TestHeadersAlone checks a response without a body, as gRPC-Web has for errors:
// its content type is translated although the handler never wrote.
func TestHeadersAlone(t *testing.T) {
	t.Parallel()
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/grpc-web")
		w.Header().Set("Grpc-Status", "5")
	}))
	res := post(t, url, map[string]string{"Content-Type": textType}, "")
	if body := content(t, res); body != "" || res.header.Get("Content-Type") != textType || res.header.Get("Grpc-Status") != "5" {
		t.Errorf("got %q, headers %v", body, res.header)
	}
}
