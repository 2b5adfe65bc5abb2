package wire_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parleyhq/parley/platform/wire"
)

// stuckWriter takes so many writes; the next one waits until it is freed.
type stuckWriter struct {
	*httptest.ResponseRecorder

	takes int
	freed chan struct{}
}

func (w *stuckWriter) Write(p []byte) (int, error) {
	if w.takes == 0 {
		<-w.freed
	} else {
		w.takes--
	}
	return w.ResponseRecorder.Write(p)
}

// serveStuck serves a streamed request over a connection that takes so many writes
// until it is freed.
func serveStuck(t *testing.T, handler http.Handler, body io.Reader, takes int) (connection *stuckWriter, ended <-chan struct{}) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", body)
	request.ProtoMajor = 2
	request.Header.Set("Content-Type", "application/grpc")
	connection = &stuckWriter{httptest.NewRecorder(), takes, make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		handler.ServeHTTP(connection, request)
	}()
	return connection, done
}

// TestWriteDirectly counts the messages that a handler can hand over while the
// connection takes none: as many as it has taken, if they go straight through.
func TestWriteDirectly(t *testing.T) {
	t.Parallel()
	const straight, queued = 4, 8
	for name, test := range map[string]struct {
		arrived string // of the request, which goes on
		begin   func(*http.Request)
		want    int
	}{
		"nothing read": {"", func(*http.Request) {}, straight},
		"more to read": {"12", readByte, queued},
		"all read":     {"1", readByte, straight},
		"somebody waits for more": {"1", func(r *http.Request) {
			readByte(r)
			go readByte(r)
			<-time.After(1) // until it waits: this clock is the bubble's
		}, queued},
		"directly": {"12", func(r *http.Request) {
			readByte(r)
			wire.WriteDirectly(r.Context())
		}, straight},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handed := 0
				handler := wire.Streams(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					test.begin(r)
					for range 8 {
						if _, err := w.Write([]byte("message")); err != nil {
							t.Errorf("write: %v", err)
						}
						if err := http.NewResponseController(w).Flush(); err != nil {
							t.Errorf("flush: %v", err)
						}
						handed++
					}
				}))
				body, client := io.Pipe()
				go func() { _, _ = io.WriteString(client, test.arrived) }()
				connection, ended := serveStuck(t, handler, body, 4)
				<-time.After(time.Second)
				synctest.Wait()
				if handed != test.want {
					t.Errorf("%d messages handed over, want %d", handed, test.want)
				}
				close(connection.freed)
				<-ended
				if got := connection.Body.Len(); got != 8*len("message") {
					t.Errorf("%d bytes arrived, want %d", got, 8*len("message"))
				}
				_ = client.Close()
			})
		})
	}
}

func readByte(r *http.Request) { _, _ = r.Body.Read(make([]byte, 1)) }

// TestOnWrite looks when a handler is told that what it sends has been encoded:
// before each write, also one that then waits for the client.
func TestOnWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		told := 0
		handler := wire.Streams(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			wire.WriteDirectly(r.Context())
			wire.OnWrite(r.Context(), func() { told++ })
			for range 3 {
				if _, err := w.Write([]byte("message")); err != nil {
					t.Errorf("write: %v", err)
				}
			}
		}))
		connection, ended := serveStuck(t, handler, nil, 1)
		synctest.Wait()
		if told != 2 {
			t.Errorf("told %d times while the second write waits", told)
		}
		connection.takes = 2
		close(connection.freed)
		<-ended
		if told != 3 {
			t.Errorf("told %d times of 3 writes", told)
		}
	})
}
