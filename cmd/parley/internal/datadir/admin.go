package datadir

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/parleyhq/parley/services/messaging/storage"

	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

// probeLimit is how long the server may take to say that it is alive. It is asked as
// often while it makes a backup, which can take hours and says nothing before its end.
const probeLimit = 10 * time.Second

// undecidedError says why nobody knows what became of a request.
type undecidedError struct{ error }

func (e undecidedError) Unwrap() error { return e.error }

// admin is the admin listener of a server on this machine.
type admin struct {
	address    string // host:port, also one copied from a browser
	probeLimit time.Duration
}

// backup lets the server make a backup, for as long as it is alive. The error wraps
// an undecidedError where the server may have begun, and perhaps goes on.
func (a admin) backup(ctx context.Context, directory string) error {
	asked := ctx
	ctx, fallSilent := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer fallSilent(nil)
	direct := &http.Client{Transport: &http.Transport{DialContext: new(net.Dialer).DialContext}} // no proxy
	defer direct.CloseIdleConnections()
	body, err := json.Marshal(storage.BackupRequest{Directory: directory})
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	method, path, _ := strings.Cut(storage.BackupPattern, " ")
	req, err := http.NewRequestWithContext(ctx, method, a.url(path), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%w: --admin %q is not host:port", outcome.ErrUsage, a.address)
	}
	req.Header.Set("Content-Type", "application/json")
	watching.Go(func() { a.watch(ctx, direct, fallSilent) })
	res, err := direct.Do(req)
	switch {
	case asked.Err() != nil:
		return undecidedError{asked.Err()}
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w: nothing listens on %s\nIs the server running on this machine, with this --admin-listen? Use --offline for a stopped one.", outcome.ErrUnreachable, a.address) //nolint:revive,staticcheck // a hint, as client.Explain has them
	case ctx.Err() != nil:
		return undecidedError{context.Cause(ctx)}
	case err != nil:
		return undecidedError{fmt.Errorf("ask for a backup: %w", err)}
	}
	defer res.Body.Close()
	return a.answer(res)
}

// answer returns what the server's answer says.
func (a admin) answer(res *http.Response) error {
	if res.StatusCode == http.StatusNoContent {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	switch err := fmt.Errorf("the server refused: %s (HTTP %d)", strings.TrimSpace(string(text)), res.StatusCode); res.StatusCode {
	case http.StatusConflict:
		return fmt.Errorf("%w\n%s", err, hintExists)
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return fmt.Errorf("%s takes no backups: it is not the admin listener of a Parley server (HTTP %d)\nGive --admin what the server's --admin-listen says: 127.0.0.1:8081 by default.", a.address, res.StatusCode) //nolint:revive,staticcheck // a hint
	default:
		return err
	}
}

// watch asks for a sign of life until ctx ends, or until two in a row have not come:
// a single one is also missing after this process itself was stopped for a while.
// A server that cannot be asked any more is not silent: it is draining, and the
// request in progress says how that ends.
func (a admin) watch(ctx context.Context, direct *http.Client, fallSilent context.CancelCauseFunc) {
	for missed := 0; ctx.Err() == nil; {
		probe, cancel := context.WithTimeout(ctx, a.probeLimit)
		if a.probe(probe, direct) {
			missed = 0
			<-probe.Done() // ask no more often
		} else {
			missed++
		}
		cancel()
		if missed == 2 {
			fallSilent(fmt.Errorf("%w: %s has not answered for %s", outcome.ErrUnreachable, a.address, 2*a.probeLimit))
		}
	}
}

// probe reports whether anything but silence came back.
func (a admin) probe(ctx context.Context, direct *http.Client) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url("/livez"), nil)
	if err != nil {
		return true // as the request itself will say
	}
	res, err := direct.Do(req)
	if err != nil {
		return !errors.Is(err, context.DeadlineExceeded)
	}
	return res.Body.Close() == nil
}

func (a admin) url(path string) string {
	return "http://" + strings.TrimSuffix(strings.TrimPrefix(a.address, "http://"), "/") + path
}
