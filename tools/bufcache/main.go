package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/parleyhq/parley/tools/internal/pinned"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bufcache:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	root, err := pinned.Root()
	if err != nil {
		return err
	}
	deps, err := readLock(root + "/buf.lock")
	if err != nil {
		return err
	}
	cache, err := cacheDir()
	if err != nil {
		return err
	}
	for _, dep := range deps {
		if cached(cache, dep) || registryAnswers(ctx, "https://"+dep.registry()) {
			continue
		}
		if err := fill(ctx, cache, dep, sources()); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "filled buf's cache with %s from the Go module proxy\n", dep.Name)
	}
	return nil
}

// registryAnswers asks briefly and takes any answer below 500 for a yes. It
// honours the proxy variables, as buf does.
func registryAnswers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode < http.StatusInternalServerError
}
