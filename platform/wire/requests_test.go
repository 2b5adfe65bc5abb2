package wire

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestRequests holds that a connection knows how many of its requests are being
// handled, with TLS and without: that is when its writes wait for each other.
func TestRequests(t *testing.T) {
	t.Parallel()
	for name, encrypted := range map[string]bool{"h2c": false, "h2 with TLS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen, release := make(chan *batchConn), make(chan struct{})
			server := httptest.NewUnstartedServer(Streams(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				conn, _ := r.Context().Value(connKey{}).(*batchConn)
				seen <- conn
				<-release
			})))
			server.Listener = BatchFrames(server.Listener)
			server.Config.ConnContext = ConnContext
			client := client(t, server, encrypted)
			var conns [2]*batchConn
			answered := make(chan struct{}, len(conns))
			for i := range conns {
				go func() {
					get(t, client, server.URL)
					answered <- struct{}{}
				}()
				conns[i] = <-seen
				if conns[i] == nil {
					t.Fatal("the connection was not found")
				}
				if got := conns[i].requests.Load(); got != int32(i+1) {
					t.Errorf("%d requests counted of %d", got, i+1)
				}
			}
			if conns[0] != conns[1] {
				t.Error("two connections where one was meant")
			}
			for range conns {
				release <- struct{}{}
			}
			for range conns {
				<-answered
			}
			server.Close() // waits for the handlers
			if got := conns[0].requests.Load(); got != 0 {
				t.Errorf("%d requests counted after the last", got)
			}
		})
	}
}

// client starts the server, which it ends with the test, and returns a client that
// speaks HTTP/2 with it.
func client(t *testing.T, server *httptest.Server, encrypted bool) *http.Client {
	t.Helper()
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP2(encrypted)
	server.Config.Protocols.SetUnencryptedHTTP2(!encrypted)
	transport := &http.Transport{Protocols: server.Config.Protocols}
	if server.EnableHTTP2 = encrypted; encrypted {
		server.StartTLS()
		transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	} else {
		server.Start()
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return &http.Client{Transport: transport}
}

func get(t *testing.T, client *http.Client, url string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Error(err)
		return
	}
	response, err := client.Do(request)
	if err != nil {
		t.Error(err)
		return
	}
	_ = response.Body.Close()
}
