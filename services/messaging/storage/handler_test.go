package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func TestBackupHandler(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body   string
		change func(*http.Request)
		fails  error
		code   int
		dir    string // given to the store
	}{
		"a backup":            {body: `{"directory": "/a/b/"}`, code: http.StatusNoContent, dir: "/a/b"},
		"over IPv6":           {body: `{"directory": "/a"}`, change: from("[::1]:4711"), code: http.StatusNoContent, dir: "/a"},
		"by name":             {body: `{"directory": "/a"}`, change: host("localhost:8081"), code: http.StatusNoContent, dir: "/a"},
		"it exists":           {body: `{"directory": "/a"}`, fails: fmt.Errorf("/a: %w", os.ErrExist), code: http.StatusConflict, dir: "/a"},
		"it fails":            {body: `{"directory": "/a"}`, fails: errors.New("no space"), code: http.StatusInternalServerError, dir: "/a"},
		"a relative path":     {body: `{"directory": "a"}`, code: http.StatusBadRequest},
		"no path":             {body: `{}`, code: http.StatusBadRequest},
		"no JSON":             {body: `/a`, code: http.StatusBadRequest},
		"an unknown field":    {body: `{"directory": "/a", "force": true}`, code: http.StatusBadRequest},
		"a long body":         {body: `{"directory": "/` + strings.Repeat("a", maxBackupRequest) + `"}`, code: http.StatusBadRequest},
		"a web page":          {body: `{"directory": "/a"}`, change: header("Origin", "null"), code: http.StatusForbidden},
		"a page's request":    {body: `{"directory": "/a"}`, change: header("Sec-Fetch-Site", "cross-site"), code: http.StatusForbidden},
		"another machine":     {body: `{"directory": "/a"}`, change: from("192.0.2.1:4711"), code: http.StatusForbidden},
		"another name":        {body: `{"directory": "/a"}`, change: host("example.com:8081"), code: http.StatusForbidden},
		"a name without port": {body: `{"directory": "/a"}`, change: host("example.com"), code: http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := ""
			handler := BackupHandler(slog.New(slog.DiscardHandler), func(_ context.Context, target string) error {
				dir = target
				return test.fails
			})
			req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8081/backup", strings.NewReader(test.body))
			req.RemoteAddr = "127.0.0.1:4711"
			if test.change != nil {
				test.change(req)
			}
			res := httptest.NewRecorder()
			handler.ServeHTTP(res, req)
			if res.Code != test.code || dir != test.dir {
				t.Errorf("HTTP %d, directory %q, want %d, %q\n%s", res.Code, dir, test.code, test.dir, res.Body)
			}
		})
	}
}

func from(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr } }

func host(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}
