package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"
)

// polling is clients of the polled feed: net/http and encoding/json, each on a
// connection of its own that is kept.
type polling struct {
	*group

	url       string
	client    *http.Client
	transport *http.Transport
	interval  time.Duration
	turn      int
}

// page and posted are the answers of the polled feed.
type (
	posted struct {
		Sequence uint64 `json:"sequence"`
		Text     string `json:"text"`
	}
	page struct {
		Messages []posted `json:"messages"`
	}
)

// OpenPolling returns an Open for the polled feed whose subscribers ask for news
// in an interval, each at its own time.
func OpenPolling(interval time.Duration) Open {
	return func(ctx context.Context, url string, _ int) (Feed, error) {
		protocols := new(http.Protocols)
		protocols.SetHTTP1(true)
		transport := &http.Transport{Protocols: protocols, MaxIdleConnsPerHost: math.MaxInt32, DisableCompression: true}
		return &polling{
			group: newGroup(ctx), url: url + "/messages", interval: interval,
			client: &http.Client{Transport: transport}, transport: transport,
		}, nil
	}
}

// Subscribe implements Feed. The feed must be new.
func (p *polling) Subscribe(handle Handler) error {
	const goldenRatio = 0.618033988749895 // spreads any number of clients
	_, share := math.Modf(goldenRatio * float64(p.turn))
	p.turn++
	first, err := p.poll(0)
	if err != nil {
		return err
	}
	after := uint64(len(first)) // the feed is new: nothing, or little
	p.Go(func() error {
		timer := time.NewTimer(time.Duration(share * float64(p.interval)))
		defer timer.Stop()
		for {
			select {
			case <-timer.C:
			case <-p.ctx.Done():
				return p.ctx.Err()
			}
			timer.Reset(p.interval)
			messages, err := p.poll(after)
			if err != nil {
				return err
			}
			for _, message := range messages {
				if after++; message.Sequence != after {
					return fmt.Errorf("poll: message %d for %d: %w", message.Sequence, after, errPayload)
				}
				handle([]byte(message.Text))
			}
		}
	})
	return nil
}

// SubscribeStalled implements Feed: a client that does not poll is none.
func (p *polling) SubscribeStalled() error { return nil }

func (p *polling) poll(after uint64) ([]posted, error) {
	var answer page
	err := p.call(http.MethodGet, p.url+"?after="+strconv.FormatUint(after, 10), nil, &answer)
	return answer.Messages, err
}

// call makes one call and decodes its answer.
func (p *polling) call(method, url string, body []byte, answer any) error {
	req, err := http.NewRequestWithContext(p.ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("build the request: %w", err)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body) // to the end, so that the connection is used again
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if err := json.Unmarshal(content, answer); err != nil || res.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %s: %.100q", errPayload, res.Status, content)
	}
	return nil
}

// Publisher implements Feed.
func (p *polling) Publisher() (Publisher, error) { return poster{p}, nil }

// Close implements Feed.
func (p *polling) Close() error {
	err := p.end()
	p.transport.CloseIdleConnections()
	return err
}

// poster posts one message after the other.
type poster struct{ feed *polling }

// Publish implements Publisher.
func (p poster) Publish(batch [][]byte) error {
	for _, payload := range batch {
		body, err := json.Marshal(posted{Text: string(payload)})
		if err != nil {
			return fmt.Errorf("encode a message: %w", err)
		}
		var stored posted
		if err := p.feed.call(http.MethodPost, p.feed.url, body, &stored); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		if stored.Text != string(payload) {
			return errPayload
		}
	}
	return nil
}

// Close implements Publisher.
func (p poster) Close() error { return nil }
