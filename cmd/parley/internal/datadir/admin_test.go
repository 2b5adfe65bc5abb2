package datadir

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

// TestBackupWaits asks servers of which it takes a while to know what they are doing.
func TestBackupWaits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		alive func(probe int) bool // whether a probe is answered; from 1
		done  int                  // the probe after which the backup is complete
		limit time.Duration        // of the whole; 0: none
		err   error                // nil: it is complete
		says  string
	}{
		"a long backup":          {alive: func(int) bool { return true }, done: 4},
		"one answer is missing":  {alive: func(probe int) bool { return probe != 2 }, done: 4},
		"every other is missing": {alive: func(probe int) bool { return probe%2 == 0 }, done: 8},
		"silence":                {alive: func(probe int) bool { return probe < 3 }, err: outcome.ErrUnreachable, says: "has not answered for 600ms"},
		"silence from the start": {alive: func(int) bool { return false }, err: outcome.ErrUnreachable, says: "has not answered for 600ms"},
		"a limit":                {alive: func(int) bool { return true }, limit: 150 * time.Millisecond, err: context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			complete, count := make(chan struct{}), atomic.Int64{}
			mux := http.NewServeMux()
			mux.HandleFunc("POST /backup", func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // only then is an end of the caller noticed
				select {
				case <-complete:
					w.WriteHeader(http.StatusNoContent)
				case <-r.Context().Done():
				}
			})
			mux.HandleFunc("GET /livez", func(_ http.ResponseWriter, r *http.Request) {
				probe := int(count.Add(1))
				if probe == test.done {
					close(complete)
				}
				if !test.alive(probe) {
					<-r.Context().Done()
				}
			})
			server := httptest.NewServer(mux)
			defer server.Close()
			ctx := t.Context()
			if test.limit > 0 {
				limited, cancel := context.WithTimeout(ctx, test.limit)
				defer cancel()
				ctx = limited
			}
			err := admin{address: server.URL, probeLimit: 300 * time.Millisecond}.backup(ctx, "/backup")
			_, undecided := errors.AsType[undecidedError](err)
			if !errors.Is(err, test.err) || undecided != (test.err != nil) || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, undecided %v", err, undecided)
			}
		})
	}
}
