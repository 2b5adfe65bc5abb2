package engine

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// feedKept is how many messages the polled feed keeps.
	feedKept = 10_000
	// feedPage is the most messages of one answer.
	feedPage = 1000
)

// FeedMessage is a message of the polled feed.
type FeedMessage struct {
	Sequence uint64 `json:"sequence"`
	Time     int64  `json:"time"` // Unix time in microseconds
	Text     string `json:"text"`
}

// FeedPage is what a poll is answered with.
type FeedPage struct {
	Messages []FeedMessage `json:"messages"`
}

// jsonFeed keeps the newest messages in memory, and answers polls.
type jsonFeed struct {
	mu   sync.RWMutex
	kept []FeedMessage // contiguous, the oldest first
	last uint64
}

// newJSONFeed returns what teams write before they have a message server: POST
// appends a message to a slice behind a mutex, GET returns those after a
// sequence. Nothing is stored.
func newJSONFeed() *http.Server {
	feed := &jsonFeed{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /messages", feed.append)
	mux.HandleFunc("GET /messages", feed.after)
	return &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
}

func (f *jsonFeed) append(w http.ResponseWriter, r *http.Request) {
	var message FeedMessage
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	f.last++
	message.Sequence, message.Time = f.last, time.Now().UnixMicro()
	f.kept = append(f.kept, message)
	if len(f.kept) >= 2*feedKept {
		f.kept = append([]FeedMessage(nil), f.kept[feedKept:]...)
	}
	f.mu.Unlock()
	answerJSON(w, message)
}

func (f *jsonFeed) after(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.mu.RLock()
	page := FeedPage{Messages: []FeedMessage{}}
	if oldest := f.last - uint64(len(f.kept)); after < f.last {
		from := int(max(after, oldest) - oldest)
		page.Messages = f.kept[from:min(from+feedPage, len(f.kept))] // elements never change
	}
	f.mu.RUnlock()
	answerJSON(w, page)
}

func answerJSON(w http.ResponseWriter, content any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(content); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError) // the client has gone
	}
}
