package wire_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

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

// TestWriteDirectly counts the messages that a handler can hand over while the
// connection takes none.
func TestWriteDirectly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		choose func(context.Context)
		want   int
	}{
		"queued":   {func(context.Context) {}, 8},
		"directly": {wire.WriteDirectly, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handed := 0
				handler := wire.Streams(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					test.choose(r.Context())
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
				request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
				request.Header.Set("Content-Type", "application/grpc")
				connection := &stuckWriter{httptest.NewRecorder(), 4, make(chan struct{})}
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					handler.ServeHTTP(connection, request)
				}()
				synctest.Wait()
				if handed != test.want {
					t.Errorf("%d messages handed over, want %d", handed, test.want)
				}
				close(connection.freed)
				<-ended
				if got := connection.Body.Len(); got != 8*len("message") {
					t.Errorf("%d bytes arrived, want %d", got, 8*len("message"))
				}
			})
		})
	}
}
