package load

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// JSONUnary returns a load of so many callers that post JSON over HTTP/1.1,
// each on a connection of its own, with net/http.
func JSONUnary(text string, callers int) Load {
	return func(ctx context.Context, url string, duration time.Duration) (Result, error) {
		protocols := new(http.Protocols)
		protocols.SetHTTP1(true)
		transport := &http.Transport{Protocols: protocols, MaxIdleConnsPerHost: callers, DisableCompression: true}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		body, err := json.Marshal(map[string]string{"message": text})
		if err != nil {
			return Result{}, fmt.Errorf("encode the request: %w", err)
		}
		workers := make([]worker, callers)
		for i := range workers {
			workers[i] = calls(func(ctx context.Context) error {
				return postJSON(ctx, client, url+unaryMethod, string(body), text)
			})
		}
		return together(ctx, duration, workers)
	}
}

func postJSON(ctx context.Context, client *http.Client, url, body, text string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("build the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body) // to the end, so that the connection is used again
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	var answer struct {
		Message  string `json:"message"`
		Received bool   `json:"received"`
	}
	if err := json.Unmarshal(content, &answer); err != nil || res.StatusCode != http.StatusOK ||
		!answer.Received || !strings.Contains(answer.Message, text) {
		return wrongAnswer(string(content))
	}
	return nil
}
