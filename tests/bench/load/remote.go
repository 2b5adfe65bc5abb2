package load

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// maxLatencies is how many latencies a remote load sends back: as many, evenly
// spread over the sorted ones, leave the quantiles as they are.
const maxLatencies = 10_000

type remoteResult struct {
	Operations int             `json:"operations"`
	Elapsed    time.Duration   `json:"elapsed_ns"`
	Latencies  []time.Duration `json:"latencies_ns"`
}

// Encode writes a result that Remote reads, operations counted in messages.
func (r Result) Encode(out io.Writer, messages int) error {
	thin := slices.Clone(r.latencies)
	if len(thin) > maxLatencies {
		thin = thin[:0]
		for i := range maxLatencies {
			thin = append(thin, r.latencies[i*len(r.latencies)/maxLatencies])
		}
	}
	return json.NewEncoder(out).Encode(remoteResult{r.Operations * messages, r.Elapsed, thin})
}

// Remote returns a load that the server puts on itself, within its own process:
// a path with a query, to which the duration is added.
func Remote(path string) Load {
	return func(ctx context.Context, url string, duration time.Duration) (Result, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+path+"&duration="+duration.String(), nil)
		if err != nil {
			return Result{}, fmt.Errorf("build the request: %w", err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return Result{}, err
		}
		defer res.Body.Close()
		var got remoteResult
		if err := json.NewDecoder(res.Body).Decode(&got); err != nil || res.StatusCode != http.StatusOK {
			return Result{}, fmt.Errorf("%w: %s: %w", errAnswer, res.Status, err)
		}
		return Result{Operations: got.Operations, Elapsed: got.Elapsed, latencies: got.Latencies}, nil
	}
}
