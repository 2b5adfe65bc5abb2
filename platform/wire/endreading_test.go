package wire_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/parleyhq/parley/platform/wire"
)

// TestEndReadingKeepsTheContext ends the reading of requests whose client waits for
// the answer. On HTTP/1.1 net/http takes that for a client that has left.
func TestEndReadingKeepsTheContext(t *testing.T) {
	t.Parallel()
	for _, kind := range []transport{http1, h2c, h2tls} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := serve(t, kind, wire.Streams(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, err := io.ReadFull(r.Body, make([]byte, 1))
				wire.EndReading(r.Context())
				_, ended := io.ReadAll(r.Body)
				if !errors.Is(ended, os.ErrDeadlineExceeded) {
					err = errors.Join(err, fmt.Errorf("reading ended with %w", ended))
				}
				_, _ = fmt.Fprint(w, errors.Join(err, r.Context().Err()))
			})))
			body, client := io.Pipe()
			defer client.Close()
			go func() { _, _ = client.Write([]byte("x")) }()
			if got := postStream(t, server, body); got != "<nil>" {
				t.Errorf("the handler found: %s", got)
			}
		})
	}
}

// TestEndReadingAtTheEnd ends reading just when net/http has seen the end of the
// body, and nobody else has. Over HTTP/1.1 it reads on by then, and fails.
func TestEndReadingAtTheEnd(t *testing.T) {
	t.Parallel()
	for _, kind := range []transport{http1, h2c} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			contexts := make(chan context.Context, 1)
			inner := wire.Streams(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				contexts <- r.Context()
				content, err := io.ReadAll(r.Body)
				_, _ = fmt.Fprint(w, string(content), errors.Join(err, r.Context().Err()))
			}))
			server := serve(t, kind, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				outer := r.Context()
				r.Body = atEnd{r.Body, func() {
					wire.EndReading(<-contexts)
					if kind == http1 {
						<-outer.Done() // net/http has given the client up
					}
				}}
				inner.ServeHTTP(w, r)
			}))
			body, client := io.Pipe()
			go func() {
				_, _ = client.Write([]byte("x"))
				_ = client.Close()
			}()
			if got := postStream(t, server, body); got != "x<nil>" {
				t.Errorf("the handler read, and found in its context: %s", got)
			}
		})
	}
}

// atEnd calls a function when the body has ended, before anybody knows.
type atEnd struct {
	io.ReadCloser

	call func()
}

func (b atEnd) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.call()
	}
	return n, err
}

// TestContextEnds makes clients leave: the handler's context has to end.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	for _, kind := range []transport{http1, h2c} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			entered, ended := make(chan struct{}), make(chan struct{})
			server := serve(t, kind, wire.Streams(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // net/http watches the client from here on
				close(entered)
				<-r.Context().Done()
				close(ended)
			})))
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			go func() {
				<-entered
				leave()
			}()
			req := streamRequest(ctx, t, server, strings.NewReader("x"))
			if res, err := server.client.Do(req); err == nil {
				_ = res.Body.Close()
				t.Error("the call succeeded")
			}
			<-ended
		})
	}
}

func streamRequest(ctx context.Context, t *testing.T, server testServer, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.url, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/connect+proto")
	return req
}

// postStream returns the body of the answer to a streamed request.
func postStream(t *testing.T, server testServer, body io.Reader) string {
	t.Helper()
	res, err := server.client.Do(streamRequest(t.Context(), t, server, body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestNextCall makes a second call on a connection whose first call had its reading
// ended at the end of its body, which net/http takes for a client that has left.
func TestNextCall(t *testing.T) {
	t.Parallel()
	var addresses []string
	var contexts []context.Context
	inner := wire.Streams(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addresses, contexts = append(addresses, r.RemoteAddr), append(contexts, r.Context())
		_, err := io.ReadAll(r.Body)
		_, _ = fmt.Fprint(w, errors.Join(err, r.Context().Err()))
	}))
	server := serve(t, http1, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		outer := r.Context()
		r.Body = atEnd{r.Body, func() {
			if len(contexts) == 1 {
				wire.EndReading(contexts[0])
				<-outer.Done()
			}
		}}
		inner.ServeHTTP(w, r)
	}))
	for range 3 {
		if got := postStream(t, server, strings.NewReader("x")); got != "<nil>" {
			t.Errorf("the handler found: %s", got)
		}
	}
	if addresses[0] != addresses[1] || addresses[1] == addresses[2] {
		t.Errorf("called from %v: want two calls on the first connection, and one on another", addresses)
	}
}
